// How a command's action runs: given a session, it answers with its exit code.
import type { ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';

export type Perform = (work: (session: Session) => Promise<ExitCode>) => Promise<void>;
