// Serves the rendered gallery over HTTP under the product's Content-Security-Policy, for the tests beside it.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const types = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2" };

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** routes: "METHOD /path" → (request, body) => {status, type, text}. */
export async function serve(routes) {
  const folder = mkdtempSync(join(tmpdir(), "minhbach-gallery-"));
  execFileSync(process.execPath, [join(here, "../gallery/render.mjs"), folder]);
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    let body = "";
    for await (const part of request) body += part;
    const route = routes[`${request.method} ${pathname}`];
    const reply = route ? await route(request, body) : file(folder, pathname);
    response.writeHead(reply.status, { "content-type": reply.type, "content-security-policy": policy });
    response.end(reply.text);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

function file(folder, pathname) {
  try {
    return { status: 200, type: types[extname(pathname)] ?? "application/octet-stream", text: readFileSync(join(folder, pathname)) };
  } catch {
    return { status: 404, type: "text/plain", text: "404" };
  }
}
