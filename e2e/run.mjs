// Starts the practice service on an empty data folder, runs the journeys against it, stops it.
//   node run.mjs [file…]        MINHBACH_BIN names the binary; MINHBACH_URL a service that runs already
//   MINHBACH_SHOTS=folder       keeps a picture of every page visited
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

async function ready(url, child) {
  for (let tries = 0; tries < 1500; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/san-sang`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the service was not ready in five minutes");
}

// A mail server of practice, as a process of its own: it keeps each message as a file.
async function postOffice(bin, folder) {
  const child = spawn(join(bin, "post-office"), ["--folder", folder], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = await once(child.stdout, "data");
  return { child, address: String(said).trim() };
}

const letters = mkdtempSync(join(tmpdir(), "minhbach-thu-"));

/** The practice signer beside the service, when it was built: its address, and the settings that trust it. */
async function startSigner(program, data) {
  const signer = join(dirname(program), "practice-signer");
  const folder = mkdtempSync("/var/tmp/minhbach-e2e-signer-");
  const config = join(folder, "minhbach.toml");
  if (!existsSync(signer)) return { url: "", config, stop: async () => rmSync(folder, { recursive: true, force: true }) };
  const child = spawn(signer, ["--folder", folder, "--data", data], { stdio: ["ignore", "pipe", "inherit"] });
  const [url] = await once(createInterface(child.stdout), "line");
  const stop = async () => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, config, stop };
}

async function start() {
  const program = process.env.MINHBACH_BIN;
  if (!program) throw new Error("MINHBACH_BIN names the binary, or MINHBACH_URL a running service");
  // Not under /tmp: user postgres must reach it.
  const data = mkdtempSync("/var/tmp/minhbach-e2e-");
  const port = await freePort();
  const signer = await startSigner(program, data);
  const post = await postOffice(dirname(program), letters);
  appendFileSync(signer.config, `\n[mail]\nserver = "smtp://${post.address}"\nfrom = "Minh Bạch <khong-tra-loi@vi-du.vn>"\n`);
  const url = `http://127.0.0.1:${port}`;
  const run = () => spawn(program, ["--config", signer.config, "demo", "--data", data, "--port", String(port)], { stdio: ["ignore", "ignore", "inherit"] });
  let child = run();
  const end = async (signal) => {
    const ended = once(child, "exit");
    if (child.exitCode === null && child.signalCode === null && child.kill(signal)) await ended;
  };
  // A journey has the service killed and started again, as a power cut and an operator would: POST /giet, POST /chay.
  const control = createHttpServer(async (request, answer) => {
    try {
      if (request.url === "/giet") await end("SIGKILL");
      if (request.url === "/chay") {
        child = run();
        await ready(url, child);
      }
      answer.end();
    } catch (error) {
      answer.writeHead(500).end(String(error));
    }
  }).listen(0, "127.0.0.1");
  await once(control, "listening");
  const stop = async () => {
    control.close();
    post.child.kill("SIGTERM");
    await end("SIGTERM");
    rmSync(data, { recursive: true, force: true });
    await signer.stop();
  };
  try {
    await ready(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop, signer: signer.url, control: `http://127.0.0.1:${control.address().port}` };
}

const service = process.env.MINHBACH_URL ? { url: process.env.MINHBACH_URL, stop: async () => {} } : await start();
const named = process.argv.slice(2);
const journeys = named.length > 0 ? named : readdirSync(join(here, "journeys")).sort().map((name) => join(here, "journeys", name));
const runner = spawn(process.execPath, ["--test", "--test-concurrency=1", ...journeys], {
  stdio: "inherit",
  env: { ...process.env, MINHBACH_URL: service.url, MINHBACH_LETTERS: letters, MINHBACH_SIGNER: service.signer ?? process.env.MINHBACH_SIGNER ?? "", MINHBACH_CONTROL: service.control ?? "" },
});
// Debian's node has no --test-timeout; a journey that hangs must not hold up whoever waits for the result.
const tooLong = setTimeout(() => runner.kill(), 30 * 60_000);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => runner.kill(signal));
const [code] = await once(runner, "exit");
clearTimeout(tooLong);
await service.stop();
rmSync(letters, { recursive: true, force: true });
process.exitCode = code ?? 1;
