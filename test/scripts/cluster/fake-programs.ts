import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** kubectl and helm as small shell programs that keep their state in files, fast enough for tests on slow machines. */
export interface FakePrograms {
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Every call so far, one line each: the program and its arguments. */
  calls(): Promise<readonly string[]>;
  /** Answers `kubectl get <kind> …` with an object or a List; `null` takes the answer away. */
  objects(kind: string, value: object | null): Promise<void>;
  /** What helm tells of a chart in `--charts`: its values.yaml, its Chart.yaml, and a pattern of values that it renders. */
  chart(name: string, told: { values: string; chart?: string; takes?: string }): Promise<void>;
  /** From now on calls that contain `words` fail and say `error`; `null`: they work again. */
  fail(words: string | null, error?: string): Promise<void>;
  /** The next upgrade of this release leaves it in this status, and then is killed, or waits to be ended. */
  upgradeEnds(release: string, status: string, how: 'killed' | 'waits'): Promise<void>;
  /** From now on the process list and the environment that each call sees go to the file `state/seen`. */
  watch(): Promise<void>;
  remove(): Promise<void>;
}

export async function fakePrograms(): Promise<FakePrograms> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-programs-'));
  for (const [name, text] of Object.entries({ kubectl: KUBECTL, helm: HELM })) {
    await writeFile(join(folder, name), `${HEAD}${text}`);
    await chmod(join(folder, name), 0o755);
  }
  await mkdir(join(folder, 'state'));
  return {
    folder,
    environment: {
      PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
      HOME: folder,
      FAKE: join(folder, 'state'),
    },
    calls: async () => {
      const text = await readFile(join(folder, 'state/calls'), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    },
    objects: (kind, value) =>
      value === null
        ? rm(join(folder, `state/get-${kind}`), { force: true })
        : writeFile(join(folder, `state/get-${kind}`), JSON.stringify(value)),
    chart: async (name, told) => {
      for (const [what, text] of Object.entries(told)) {
        await writeFile(join(folder, `state/${what}-${name}`), text);
      }
    },
    fail: async (words, error = 'failed') => {
      await writeFile(join(folder, 'state/fail'), `${words ?? ''}\n`);
      await writeFile(join(folder, 'state/error'), error);
    },
    upgradeEnds: (release, status, how) =>
      writeFile(join(folder, `state/ends-${release}`), `${status}\n${how}\n`),
    watch: () => writeFile(join(folder, 'state/watch'), ''),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Records the call, what the process list shows of it, and its environment; fails where it was told to. */
const HEAD = `#!/bin/sh
printf '%s\\n' "\${0##*/} $*" >> "$FAKE/calls"
if [ -f "$FAKE/watch" ]; then
  tr '\\0' ' ' < /proc/$$/cmdline >> "$FAKE/seen" 2>/dev/null
  tr '\\0' ' ' < /proc/$PPID/cmdline >> "$FAKE/seen" 2>/dev/null
  env >> "$FAKE/seen"
fi
fail=
[ -f "$FAKE/fail" ] && read -r fail < "$FAKE/fail"
case "$*" in *"\${fail:-no such words}"*)
  cat "$FAKE/error" >&2
  # A program may repeat what it was given.
  case "$*" in *"-f -"*|*"--values=-"*) cat >&2;; esac
  exit 1;;
esac
`;

const KUBECTL = `
while [ "\${1#--}" != "$1" ]; do shift; done
case "$1" in
  version) echo '{"serverVersion":{"gitVersion":"v1.34.1"}}';;
  auth) echo yes;;
  delete) rm -f "$FAKE/get-$2"; echo deleted;;
  # Every set of objects that was applied is there, as it was applied.
  apply)
    cat > "$FAKE/applied"
    cp "$FAKE/applied" "$FAKE/set-$(cksum < "$FAKE/applied" | tr ' ' -)"
    cat "$FAKE/applied";;
  get)
    if [ "$2" = -f ]; then
      set=$(cksum | tr ' ' -)
      if [ -f "$FAKE/set-$set" ]; then cat "$FAKE/set-$set"; fi
    elif [ -f "$FAKE/get-$2" ]; then cat "$FAKE/get-$2"
    else case "$*" in
      *go-template*) [ -f "$FAKE/keys" ] && cat "$FAKE/keys";;
      *--ignore-not-found*) ;;
      *) echo '{"kind":"List","items":[]}';;
    esac; fi;;
  *) echo "the fake does not know: $*" >&2; exit 1;;
esac
exit 0
`;

/** One release per file: chart, values. */
const HELM = `
case "$1" in
  version) printf v3.19.0;;
  list)
    namespace=$(printf '%s' "$2" | cut -d= -f2)
    case "$*" in
      *--short*) ls "$FAKE/releases/$namespace" 2>/dev/null;;
      *)
        separator=
        printf '['
        for file in "$FAKE/releases/$namespace"/*; do
          [ -f "$file" ] || continue
          status=deployed
          [ -f "$FAKE/status-$(basename "$file")" ] && read -r status < "$FAKE/status-$(basename "$file")"
          printf '%s{"name":"%s","namespace":"%s","status":"%s","chart":"%s","app_version":"v1"}' \\
            "$separator" "$(basename "$file")" "$namespace" "$status" "$(head -1 "$file")"
          separator=,
        done
        printf ']';;
    esac;;
  get) tail -n +2 "$FAKE/releases/$(printf '%s' "$4" | cut -d= -f2)/$3";;
  show) cat "$FAKE/$2-$(basename "$3" .tgz)";;
  # Renders of the values what matches the pattern of the file, if there is one.
  template)
    takes="$FAKE/takes-$(basename "$3" .tgz)"
    printf 'kind: Thing\\n'
    if [ -f "$takes" ]; then grep -o -f "$takes"; else cat > /dev/null; fi;;
  upgrade)
    release=$2
    for word in "$@"; do case "$word" in
      --namespace=*) namespace=\${word#--namespace=};;
      */*.tgz) chart=$(basename "$word" .tgz);;
    esac; done
    mkdir -p "$FAKE/releases/$namespace"
    { printf '%s\\n' "$chart"; cat; } > "$FAKE/releases/$namespace/$release"
    if [ -f "$FAKE/ends-$release" ]; then
      { read -r status; read -r how; } < "$FAKE/ends-$release"
      rm "$FAKE/ends-$release"
      printf '%s\\n' "$status" > "$FAKE/status-$release"
      if [ "$how" = killed ]; then kill -KILL $$; fi
      exec sleep 60
    fi
    rm -f "$FAKE/status-$release";;
  uninstall) rm -f "$FAKE/releases/$(printf '%s' "$3" | cut -d= -f2)/$2";;
  *) echo "the fake does not know: $*" >&2; exit 1;;
esac
exit 0
`;
