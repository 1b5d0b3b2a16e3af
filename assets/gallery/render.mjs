// Renders the real templates (kernel/web/*.html) with sample data, to look at them in a browser:
//     npm run build && npm run gallery -- /tmp/gallery
// Askama's syntax is close enough to Nunjucks; `translate` covers the difference. Nothing here ships.

import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import nunjucks from "nunjucks";

const here = dirname(fileURLToPath(import.meta.url));
const crate = join(here, "../../crates/minhbach");
const out = resolve(process.argv[2] ?? "/tmp/minhbach-gallery");
const folders = [join(crate, "src"), join(here, "../brand"), here];

/** Askama → Nunjucks: `if let Some(x)`, `a::b`, `.len()`, `let`, and the types of macro parameters. */
function translate(source) {
  return source
    .replace(/\{% if let Some\((\w+)\) = ([\w.]+) %\}/g, "{% set $1 = $2 %}{% if $1 %}")
    .replace(/\{% macro [^%]*%\}/g, (line) => line.replace(/(\w+): [a-z]\w*/g, "$1"))
    .replace(/\{% (let|endlet)\b/g, (_, word) => (word === "let" ? "{% set" : "{% endset"))
    .replace(/(\w)::(\w)/g, "$1.$2")
    .replace(/\.len\(\)/g, ".length");
}

class Templates extends nunjucks.Loader {
  getSource(name) {
    for (const folder of folders) {
      try {
        return { src: translate(readFileSync(join(folder, name), "utf8")), path: name, noCache: true };
      } catch (error) {
        if (error.code !== "ENOENT") throw error;
      }
    }
    return null;
  }
}

const env = new nunjucks.Environment(new Templates(), { autoescape: true, throwOnUndefined: true });
const sample = JSON.parse(readFileSync(join(here, "sample.json"), "utf8"));

mkdirSync(out, { recursive: true });
cpSync(join(here, "sheet.svg"), join(out, "sheet.svg"));
cpSync(join(crate, "static"), join(out, "static"), { recursive: true });
const names = readdirSync(join(here, "pages")).filter((name) => name.endsWith(".html")).sort();
for (const name of names) {
  const own = sample.pages[name.replace(".html", "")] ?? {};
  const page = { ...sample.page, ...own, asset: (file) => `static/${file}` };
  if (own.anonymous) Object.assign(page, { user: null, nav: [] });
  writeFileSync(join(out, name), env.render(`pages/${name}`, { ...sample, page }));
}
console.log(`gallery: ${names.length} pages in ${out}`);
