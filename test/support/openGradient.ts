/** The calls and events of OpenGradient's precompile and hub, as a stranger would write them down: not from our contracts. */
import { Interface } from 'ethers';

const NUMBERS = '(string name,(int128 value,int128 decimals)[] values,uint32[] shape)[] numbers';
const STRINGS = '(string name,string[] values)[] strings';
const INPUT = `(${NUMBERS},${STRINGS})`;
export const OUTPUT = `(${NUMBERS},${STRINGS},(string name,string value)[] jsons,bool is_simulation_result)`;
const REQUEST = `(uint8 mode,string modelCID,${INPUT} input)`;

export const HUB = new Interface([
  `function run(string modelId,uint8 inferenceMode,${INPUT} modelInput) returns (${OUTPUT})`,
  `function runModelInference(${REQUEST} request) returns (${OUTPUT})`,
  `event InferenceResult(${OUTPUT} output)`,
  `event ModelInferenceEvent(string inferenceID,${REQUEST} request,${OUTPUT} response)`,
]);
