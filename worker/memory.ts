// Keeps the worker small; imported first and for its effect alone, since the heap grows while the rest is loaded.
import { setFlagsFromString } from 'node:v8';

// What a page of entries leaves behind is collected soon, rather than when the heap has grown to several times its
// live size: half the memory for the same processor time. There is no limit, so that a huge group still fits.
// Its other half is node's --max-semi-space-size=16, which has to stand in the command.
setFlagsFromString('--heap-growing-percent=70');
