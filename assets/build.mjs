// Builds crates/minhbach/static/ from assets/. Needs `npm ci` in this folder first; touches no network.
// Does nothing when nothing that goes in has changed since the last build; `--force` builds anyway, `--check` only
// answers (0: up to date).

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../crates/minhbach/static");
const stamp = join(out, ".stamp");

const weights = [400, 600, 700];
const subsets = ["latin", "latin-ext", "vietnamese"];

/** Files copied as they are: path inside static/ → source. */
function copies() {
  const fonts = join(here, "node_modules/@fontsource/be-vietnam-pro");
  const list = {
    "app.js": join(here, "app.js"),
    "htmx.js": join(here, "node_modules/htmx.org/dist/htmx.min.js"),
    "wordmark.svg": join(here, "brand/wordmark.svg"),
    "icon.svg": join(here, "brand/icon.svg"),
    "fonts/LICENSE": join(fonts, "LICENSE"),
  };
  for (const weight of weights) {
    list[`fonts/figures-${weight}.woff2`] = join(here, `brand/figures-${weight}.woff2`);
    for (const subset of subsets) {
      list[`fonts/be-vietnam-pro-${subset}-${weight}.woff2`] = join(
        fonts,
        `files/be-vietnam-pro-${subset}-${weight}-normal.woff2`,
      );
    }
  }
  return list;
}

/** SHA-256 over everything the result depends on; the lock file stands for the packages. */
function fingerprint() {
  const own = ["build.mjs", "package-lock.json", "app.scss", "app.js"].map((name) => join(here, name));
  for (const folder of ["scss", "brand"]) {
    own.push(...readdirSync(join(here, folder)).sort().map((name) => join(here, folder, name)));
  }
  const hash = createHash("sha256");
  for (const file of own) {
    hash.update(`${relative(here, file)}\0`).update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

async function build(mark) {
  const sass = await import("sass");
  const { css } = sass.compile(join(here, "app.scss"), {
    style: "compressed",
    loadPaths: [join(here, "node_modules")],
    quietDeps: true,
  });
  if (/GDS Transport|crown|crest/i.test(css)) throw new Error("the style sheet names a protected font or sign");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, "fonts"), { recursive: true });
  writeFileSync(join(out, "app.css"), css);
  for (const [name, source] of Object.entries(copies())) copyFileSync(source, join(out, name));
  // Texts once more, packed: on a bad line the first page waits for 50 KB instead of 190. Fonts are packed already.
  for (const name of readdirSync(out).filter((name) => /\.(css|js|svg)$/.test(name))) {
    writeFileSync(join(out, `${name}.gz`), gzipSync(readFileSync(join(out, name)), { level: 9 }));
  }
  writeFileSync(stamp, mark);
  console.log(`assets: built ${relative(process.cwd(), out)} (app.css ${(css.length / 1024).toFixed(0)} KB)`);
}

const mark = fingerprint();
const fresh = existsSync(stamp) && readFileSync(stamp, "utf8") === mark;
if (process.argv.includes("--check")) process.exit(fresh ? 0 : 1);
if (!fresh || process.argv.includes("--force")) await build(mark);
