/** The process of moto, an emulator of AWS written by other people: started on a free port, ended with the suite. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface Moto {
  readonly port: number;
  stop(): Promise<void>;
}

/** Where `.ci/install-heavy` puts it, unless told otherwise. */
const USUAL_PYTHON = ".venv-emulator/bin/python";

const HOW_TO_INSTALL =
  "this suite needs the emulator moto: run `.ci/install-heavy`, or set HEADGATE_EMULATOR_PYTHON to a Python that has `moto[server]`";

/** Moto's server, which ends when its standard input does: with this process, however that ends. */
const PROGRAM = `
import os, sys, threading
from moto.server import main
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
main(sys.argv[1:])
`;

/** Milliseconds; a cold Python with moto's many modules takes a few seconds on a small machine. */
const STARTS_WITHIN = 60_000;

/**
 * Starts moto on 127.0.0.1, with its machines' tasks led to `frontPort`. Rejects with how to install it where there is
 * none: a check that is skipped in silence is no check.
 */
export async function startMoto(frontPort: number): Promise<Moto> {
  const python = process.env.HEADGATE_EMULATOR_PYTHON ?? USUAL_PYTHON;
  const port = await freePort();
  const child = spawn(python, ["-c", PROGRAM, "--host", "127.0.0.1", "--port", String(port)], {
    // Nothing of the caller's environment: no profile, no proxy, no credentials.
    env: { PATH: process.env.PATH, MOTO_PORT: String(frontPort) },
    stdio: ["pipe", "ignore", "pipe"],
  });
  const stderr: string[] = [];
  child.stderr.on("data", (piece: Buffer) => void stderr.splice(0, stderr.length - 20, piece.toString()));
  const ended = Promise.race([
    once(child, "exit").then(([code]) => `it ended with code ${String(code)}: ${stderr.join("")}`),
    once(child, "error").then(([error]) => String(error)),
  ]);
  const trouble = await Promise.race([ended, answering(port)]);
  if (trouble !== null) throw new Error(`${python} does not run moto; ${HOW_TO_INSTALL}\n${trouble}`);
  await post(port, "/moto-api/config", { stepfunctions: { execute_state_machine: true } });
  return { port, stop: async () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = once(child, "exit");
  // Its machines may wait for tokens in threads that no polite signal ends.
  child.kill("SIGKILL");
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}

/** Null once moto answers; what went wrong where it does not. */
async function answering(port: number): Promise<string | null> {
  const until = Date.now() + STARTS_WITHIN;
  while (Date.now() < until) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/moto-api/`)).ok) return null;
    } catch {
      // Not yet.
    }
    await sleep(100);
  }
  return `no answer within ${STARTS_WITHIN} ms`;
}

async function post(port: number, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`moto answered ${path} with ${answer.status}`);
}
