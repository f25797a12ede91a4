/** Writes docs/workers/indexer.openapi.json from the table of routes. `--check` fails instead if the file is not what it would write. */
import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { refusal } from '#core/search/replies.ts';
import { type Parameter, parameters, type Route, routes } from '#core/search/routes.ts';

const TARGET = new URL('../../docs/workers/indexer.openapi.json', import.meta.url);

const REFUSALS = {
  400: 'A parameter is not known, given twice or out of its bounds',
  404: 'There is no such thing',
  503: 'The index cannot answer now: ask again',
};

/** Schemas that have a name, by it. */
const named: Record<string, unknown> = {};

/** As it travels. Keys that a later release adds are allowed, so that a client of this one goes on working. */
function schemaOf(type: z.ZodType): Record<string, unknown> {
  const { $schema: _, $defs = {}, ...schema } = inComponents(z.toJSONSchema(type, { io: 'input' }));
  for (const [name, { id: _id, ...defined }] of Object.entries($defs as Record<string, Record<string, unknown>>))
    named[name] = defined;
  return schema;
}

const inComponents = (schema: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(schema).replaceAll('#/$defs/', '#/components/schemas/'));

const json = (description: string, schema: object) => ({ description, content: { 'application/json': { schema } } });

function operation(name: string, { path, about, query, reply }: Route): object {
  const { properties = {}, required = [] } = schemaOf(query) as {
    properties?: Record<string, object>;
    required?: string[];
  };
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter = '']) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: parameters[parameter as Parameter].source },
  }));
  const inQuery = Object.entries(properties).map(([key, schema]) => ({
    name: key,
    in: 'query',
    required: required.includes(key),
    schema,
  }));
  const refusals = Object.entries(REFUSALS).map(([status, why]) => [
    status,
    json(why, { $ref: '#/components/schemas/Refusal' }),
  ]);
  return {
    operationId: name,
    summary: about,
    parameters: [...inPath, ...inQuery],
    responses: { 200: json(about, schemaOf(reply)), ...Object.fromEntries(refusals) },
  };
}

export function openApi(): object {
  const paths = Object.entries(routes).map(([name, route]) => [route.path, { get: operation(name, route) }]);
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'OPG indexer',
      version: '1',
      description:
        'Models, nodes, requests and balances, rebuilt from the events of the contracts. Amounts are wei of OPG as decimal text, times Unix seconds of blocks, ids and addresses hexadecimal.',
    },
    paths: Object.fromEntries(paths),
    components: { schemas: { ...named, Refusal: schemaOf(refusal) } },
  };
  return JSON.parse(JSON.stringify(document));
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(TARGET, `${JSON.stringify(openApi(), undefined, 2)}\n`);
  else if (!isDeepStrictEqual(JSON.parse(readFileSync(TARGET, 'utf8')), openApi())) {
    console.error('docs/workers/indexer.openapi.json is out of date: run `node scripts/generate/openApi.ts`.');
    process.exitCode = 1;
  }
}
