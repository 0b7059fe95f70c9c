import { tryLock } from '../../../runtime/archive/lock.ts';

/** `lock-process.ts <path>`: says `held` and stays until standard input ends, or says `busy` and ends. */
const lock = tryLock(process.argv[2] ?? '');
process.stdout.write(lock === null ? 'busy\n' : 'held\n');
if (lock !== null) process.stdin.resume();
