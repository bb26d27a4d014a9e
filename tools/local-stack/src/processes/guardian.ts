import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { RunRecord } from './run-record.js';

/**
 * Waits until its standard input ends, which the system sees to when the parent dies, however it dies. If the run
 * is then still on record, ends its processes (the recorded ones, not later ones with the same id) and its directories.
 */
const script = `
trap '' INT HUP TERM
cat >/dev/null
run=$1
[ -d "$run" ] || exit 0
identity() {
  if [ -d /proc/self ]; then
    sed -e 's/.*) //' "/proc/$1/stat" 2>/dev/null | { read -r state _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ start _
      [ "$state" = Z ] || echo "$start"; }
  else
    ps -o stat=,lstart= -p "$1" | { read -r state start; case $state in Z*) ;; *) echo $start ;; esac; }
  fi
}
each() {
  left=
  for file in "$run"/processes/*; do
    [ -f "$file" ] || continue
    pid=\${file##*/}
    read -r signal expected <"$file"
    [ -n "$expected" ] && [ "$(identity "$pid")" = "$expected" ] || continue
    left=1
    [ -z "$1" ] || { kill -s "\${2:-$signal}" "$pid"; kill -s CONT "$pid"; } 2>/dev/null
  done
}
each send
tries=0
while each; [ -n "$left" ] && [ $tries -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
each send KILL
tries=0
while each; [ -n "$left" ] && [ $tries -lt 50 ]; do tries=$((tries + 1)); sleep 0.1; done
for file in "$run"/mounts/*; do
  [ -f "$file" ] && umount -l "$(cat "$file")" 2>/dev/null
done
for file in "$run"/directories/*; do
  [ -f "$file" ] && rm -rf "$(cat "$file")"
done
rm -rf "$run"
`;

export interface Guardian {
  readonly pid: number;
  /** Call after the record is deleted: the guardian then ends without doing anything. */
  dismiss(): Promise<void>;
}

/** In a session of its own, so that Ctrl-C in the terminal does not reach it. Does not keep this process alive. */
export function startGuardian(record: RunRecord): Guardian {
  const child: ChildProcess = spawn('/bin/sh', ['-c', script, 'myelin-guardian', record.path], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  const input = child.stdin as Socket;
  input.on('error', () => undefined); // killed by someone: the next start cleans up
  input.unref();
  child.unref();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    pid: child.pid ?? 0,
    dismiss: () => {
      child.ref();
      input.end();
      return ended;
    },
  };
}
