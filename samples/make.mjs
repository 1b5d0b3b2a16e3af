// Invented sample declarations as PDF with their truth: node make.mjs FOLDER COUNT [SEED]. `paper-scan` then makes scans of them.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

import { invent } from "./content.mjs";
import { chance } from "./random.mjs";
import { sheet } from "./sheet.mjs";

const [folder, count = "8", seed = "1"] = process.argv.slice(2);
if (!folder) throw new Error("node make.mjs FOLDER COUNT [SEED]");
const font = (pack, file) => pathToFileURL(fileURLToPath(new URL(`node_modules/@expo-google-fonts/${pack}/${file}.ttf`, import.meta.url))).href;
const face = (pack, name) => ({ print: font(pack, `400Regular/${name}_400Regular`), bold: font(pack, `700Bold/${name}_700Bold`) });
const PRINT = [
  { print: "file:///usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf", bold: "file:///usr/share/fonts/truetype/liberation2/LiberationSerif-Bold.ttf" },
  { print: "file:///usr/share/fonts/truetype/liberation2/LiberationSans-Regular.ttf", bold: "file:///usr/share/fonts/truetype/liberation2/LiberationSans-Bold.ttf" },
  face("tinos", "Tinos"),
  face("noto-serif", "NotoSerif"),
  face("roboto", "Roboto"),
  face("be-vietnam-pro", "BeVietnamPro"),
];
// Upright and slanted, separate and joined letters. How large each is drawn beside print.
const HANDS = [
  [font("patrick-hand", "400Regular/PatrickHand_400Regular"), 1.15],
  [font("itim", "400Regular/Itim_400Regular"), 1.1],
  [font("mali", "400Regular/Mali_400Regular"), 1.0],
  [font("mynerve", "Mynerve_400Regular"), 1.0],
  [font("sriracha", "400Regular/Sriracha_400Regular"), 1.1],
  [font("shantell-sans", "400Regular/ShantellSans_400Regular"), 1.0],
  [font("playpen-sans", "400Regular/PlaypenSans_400Regular"), 1.0],
  [font("dancing-script", "400Regular/DancingScript_400Regular"), 1.25],
  [font("charm", "400Regular/Charm_400Regular"), 1.2],
];
const CLASSES = ["clean", "scan", "poor", "hand"];

function look(kind, luck) {
  const [hand, handSize] = kind === "hand" ? luck.of(HANDS) : [null, 1];
  return {
    ...luck.of(PRINT), hand, handSize, ink: luck.of(["#101010", "#14246b", "#1d3fa8"]),
    size: luck.of([12, 12.5, 13, 14]), leading: luck.of([1.25, 1.35, 1.5]), margin: luck.of([18, 20, 25]), space: luck.of([1, 2, 4]), gap: luck.of([1.5, 3, 5]),
    justify: luck.is(0.4), notes: luck.is(0.5), joined: luck.is(0.5), leaders: luck.is(0.5), repeatHead: luck.is(0.3), firstColumn: luck.of([34, 40, 46]),
    none: kind === "hand" ? luck.of([["Không có"], ["không"], ["Không", "Không có"]]) : [luck.of(["Không có", "Không", "Không có."])],
  };
}

const program = ["chromium", "chromium-browser"].map((name) => `/usr/bin/${name}`).find(existsSync);
const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
mkdirSync(folder, { recursive: true });
const page = await browser.newPage();
for (let index = 0; index < Number(count); index += 1) {
  const kind = CLASSES[index % CLASSES.length];
  const luck = chance(Number(seed) * 100_003 + index);
  const content = invent(luck);
  const name = `own-${String(index).padStart(3, "0")}-${kind}`;
  // From a file, so that the page may read the typefaces beside it.
  const html = join(folder, `${name}.html`);
  writeFileSync(html, sheet(content, look(kind, luck), luck));
  await page.goto(pathToFileURL(html).href);
  await page.evaluate(() => document.fonts.ready.then(() => {}));
  const failed = await page.evaluate(() => [...document.fonts].filter((one) => one.status === "error").length);
  if (failed) throw new Error(`${name}: a typeface did not load`);
  await page.pdf({ path: join(folder, `${name}.typed.pdf`), preferCSSPageSize: true, printBackground: true });
  rmSync(html);
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ ...content.truth, class: kind }, null, 1)}\n`);
}
await browser.close();
