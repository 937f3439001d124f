// Delivers one notification to the channels that the environment configures, as a process of its own: Node reads
// NODE_EXTRA_CA_CERTS when it starts. Writes what became of each as JSON.
import { channelsOf } from '../../api/notifications/channels-of.ts';
import { parseSettings } from '../../domain/settings.ts';

const results = await Promise.all(
  channelsOf(parseSettings(process.env)).map(async (channel) => {
    const notification = {
      id: '019a0000-0000-7000-8000-000000000001',
      type: 'sync.project.overdue' as const,
      at: new Date(),
      data: {
        project: { id: '019a0000-0000-7000-8000-000000000002', name: 'Personnel' },
        run: null,
        previous: null,
      },
    };
    const error = await channel.deliver(notification, new AbortController().signal).then(
      () => null,
      ({ message }: Error) => message,
    );
    return [channel.name, error];
  }),
);
process.stdout.write(JSON.stringify(Object.fromEntries(results)));
