import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from './place.ts';
import type { Random } from './random.ts';

/** Shell text that takes the place of one call of rclone; `REAL "$@"` is the true call. */
interface WrapperFault {
  readonly name: string;
  /** It spoils a copy: only before the last look at the copies, for what is lost after it nobody can know. */
  readonly spoils?: true;
  readonly text: (random: Random) => string;
}

/** `SOME` is the copy of one file of the list that this call was given. */
const SOME = `list=$(echo "$*" | tr ' ' '\\n' | sed -n 's/^--files-from-raw=//p')
SOME="$REMOTE/$(sed -n "$((LINE % $(wc -l < "$list") + 1))p" "$list")"`;

function afterwards(name: string, act: string): WrapperFault {
  return { name, spoils: true, text: () => `REAL "$@"; rc=$?\n${SOME}\n${act}\nexit $rc` };
}

function onReport(name: string, act: string): WrapperFault {
  return {
    name,
    text: () =>
      `REAL "$@"; rc=$?\nr=$(echo "$*" | tr ' ' '\\n' | sed -n 's/^--combined=//p')\n[ -n "$r" ] && ${act}\nexit $rc`,
  };
}

/** Within the time that a call takes on a machine with nothing else to do, or a little more. */
function moment(random: Random): string {
  return `0.${String(random.below(120)).padStart(3, '0')}`;
}

export const RCLONE_FAULTS: readonly [WrapperFault, ...WrapperFault[]] = [
  { name: 'rclone is killed before it does anything', text: () => 'kill -9 $$' },
  {
    name: 'rclone is killed in the middle',
    text: (random) => `REAL "$@" & p=$!\nsleep ${moment(random)}\nkill -9 $p\nwait $p\nexit 137`,
  },
  { name: 'rclone says success and does nothing', text: () => 'exit 0' },
  { name: 'rclone says failure after doing all', text: () => 'REAL "$@"; exit 7' },
  { name: 'rclone does nothing until it is ended', text: () => 'exec sleep 600' },
  {
    name: 'the remote is full',
    text: (random) => `ulimit -f ${random.below(64)}\nexec "$RCLONE" "$@"`,
  },
  afterwards('a copy is half-written', 'truncate -s "$(($(stat -c %s "$SOME") / 2))" "$SOME"'),
  afterwards(
    'a copy has another byte',
    'printf "\\001" | dd of="$SOME" bs=1 seek="$LINE" conv=notrunc 2>/dev/null',
  ),
  afterwards('a copy is lost', 'rm -f "$SOME"'),
  afterwards('a folder is in the place of a copy', 'rm -f "$SOME"; mkdir -p "$SOME"'),
  afterwards(
    'strangers lie beside a copy',
    'echo x > "$SOME.stranger"; ln -sf nowhere "$SOME.link"',
  ),
  onReport('the report is cut off', 'truncate -s "$(($(stat -c %s "$r") / 2))" "$r"'),
  onReport('the report is empty', ': > "$r"'),
  onReport('there is no report', 'rm -f "$r"'),
  onReport('the report says everything twice', 'cat "$r" "$r" > "$r.2" && mv "$r.2" "$r"'),
  onReport('the report has other marks', `sed -i 's/^=/?/' "$r"`),
];

/** The wrapper of the uploader's process ends it: its parent is that process. */
export const KILL_FAULTS: readonly [WrapperFault, ...WrapperFault[]] = [
  { name: 'the uploader is killed before rclone starts', text: () => 'kill -9 $PPID\nexit 1' },
  {
    name: 'the uploader is killed while rclone works on',
    text: (random) => `(sleep ${moment(random)}; kill -9 $PPID) &\nexec "$RCLONE" "$@"`,
  },
  {
    name: 'the uploader and rclone are killed at once',
    text: (random) =>
      `REAL "$@" & p=$!\nsleep ${moment(random)}\nkill -9 $PPID $p\nwait $p\nexit 1`,
  },
  {
    name: 'the uploader is killed when rclone is done',
    text: () => 'REAL "$@"\nkill -9 $PPID\nexit 0',
  },
  {
    name: 'the uploader is told to stop while rclone works',
    text: () => '(kill -TERM $PPID) &\nexec "$RCLONE" "$@"',
  },
];

/** Writes the program `rclone` whose call number `call` (from 0) has the fault; null for one without. */
export async function writeWrapper(
  place: Place,
  rclone: string,
  plan: { readonly call: number; readonly fault: WrapperFault; readonly random: Random } | null,
): Promise<string> {
  const program = join(place.folder, 'bin', 'rclone');
  const count = join(place.folder, 'calls');
  await writeFile(count, '0');
  const fault = plan?.fault.text(plan.random) ?? '';
  const text = `#!/bin/sh
export RCLONE_CONFIG=${join(place.folder, 'rclone.conf')}
RCLONE=${rclone} REMOTE=${place.target} LINE=${plan?.random.below(50) ?? 0}
REAL() { "$RCLONE" "$@"; }
n=$(cat ${count}); echo $((n + 1)) > ${count}
echo $$ >> ${join(place.folder, 'pids')}
if [ "$n" = ${plan?.call ?? -1} ]; then
${fault === '' ? ':' : fault}
fi
exec "$RCLONE" "$@"
`;
  await writeFile(program, text, { mode: 0o755 });
  return program;
}
