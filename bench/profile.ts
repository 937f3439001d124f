// Sums up V8's CPU profiles: in which functions the time itself was spent.
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

export interface SelfTime {
  /** `function (file:line)` */
  place: string;
  seconds: number;
  /** Of the profile's whole time, idle included. */
  share: number;
}

/** The `count` places with the most self time, of the longest profile in `folder` (the main thread's). */
export async function topSelfTimes(folder: string, count: number): Promise<SelfTime[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.cpuprofile'));
  const profiles = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile),
  );
  const busiest = profiles.map(selfTimes).sort((a, b) => busySeconds(b) - busySeconds(a))[0] ?? [];
  return busiest.slice(0, count);
}

function busySeconds(times: SelfTime[]): number {
  return times.reduce((sum, time) => (time.place.startsWith('(idle)') ? sum : sum + time.seconds), 0);
}

/** Self time by place, most first. */
export function selfTimes(profile: CpuProfile): SelfTime[] {
  const places = new Map(profile.nodes.map((node) => [node.id, placeOf(node.callFrame)]));
  const seconds = new Map<string, number>();
  profile.samples.forEach((sample, index) => {
    const place = places.get(sample) ?? '(unknown)';
    seconds.set(place, (seconds.get(place) ?? 0) + (profile.timeDeltas[index] ?? 0) / 1e6);
  });
  const whole = [...seconds.values()].reduce((sum, value) => sum + value, 0);
  return [...seconds]
    .map(([place, value]) => ({ place, seconds: value, share: whole === 0 ? 0 : value / whole }))
    .sort((a, b) => b.seconds - a.seconds);
}

function placeOf(frame: CpuProfile['nodes'][number]['callFrame']): string {
  const name = frame.functionName || '(anonymous)';
  return frame.url ? `${name} (${basename(frame.url)}:${frame.lineNumber + 1})` : name;
}
