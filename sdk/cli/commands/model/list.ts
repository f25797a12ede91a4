/** `opg model list`: the models of a chain, from its events. */
import { eventsIn, eventsNamed, logsFrom } from '../../../events.ts';
import { answer } from '../../answer.ts';
import { type Command, text } from '../../command.ts';
import { addressOf, NETWORK, onNetwork } from '../../context.ts';

export const listModelsCommand: Command = {
  name: 'model list',
  summary: 'Lists the models of the network, or those an account created.',
  positionals: [],
  options: { owner: { type: 'string' }, ...NETWORK.options },
  explained: [['--owner WHO', 'only what this address, or account kept here, created'], ...NETWORK.explained],
  finding: 'the chain did not answer',
  async run(args, terminal) {
    const owner = text(args, 'owner');
    const wanted = owner === undefined ? undefined : addressOf(owner);
    return await onNetwork(args, async (network) => {
      const { addresses, block } = network.deployment;
      const topics = ['ModelCreated', 'VersionPublished'].map(
        (name) => network.models.interface.getEvent(name as 'ModelCreated').topicHash,
      );
      const logs = await Promise.all(topics.map((topic) => logsFrom(network, addresses.models, [topic], block)));
      const events = eventsIn(network, logs.flat());
      const versions = new Map<number, number>();
      for (const { model } of eventsNamed(events, 'VersionPublished'))
        versions.set(model, (versions.get(model) ?? 0) + 1);
      const models = eventsNamed(events, 'ModelCreated')
        .filter((one) => wanted === undefined || one.owner === wanted)
        .map(({ model, namespace, name, owner: creator }) => ({
          name: `${namespace}/${name}`,
          model,
          creator,
          versions: versions.get(model) ?? 0,
        }));
      return answer(
        args,
        terminal,
        { models },
        models.length === 0
          ? 'no model is registered; opg model create NAMESPACE/NAME makes one'
          : [
              ['model', 'number', 'versions', 'created by'],
              ...models.map(({ name, model, versions: count, creator }) => [
                name,
                String(model),
                String(count),
                creator,
              ]),
            ],
      );
    });
  },
};
