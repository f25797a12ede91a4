// npm run economics [-- check] [-- --help]: what disputes cost and pay under the shipped parameter sets, or a deployed one (docs/economics.md).
import { economics } from './economics/run.ts';

process.exitCode = await economics(process.argv.slice(2), (text) => process.stdout.write(text));
