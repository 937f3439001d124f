// Reads how much processor time a process and its children have taken: steadier than the clock on a busy machine.
import { readFile } from 'node:fs/promises';

/** The kernel's clock ticks a second, as /proc counts them on every Linux. */
const TICKS = 100;

/** User and system time of the process, its children and those that have ended, in seconds; null without /proc. */
export async function cpuSeconds(pid: number): Promise<number | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  // proc(5): fields 14–17, counted from the parenthesis that closes the name, which may itself hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = listed.trim() === '' ? [] : listed.trim().split(' ').map(Number);
  const times = await Promise.all(children.map(cpuSeconds));
  return times.reduce<number>((sum, seconds) => sum + (seconds ?? 0), own);
}
