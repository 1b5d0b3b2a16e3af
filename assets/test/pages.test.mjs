// Every page of the gallery in Chromium, wide and at 390 px: axe-core finds nothing, nothing overflows, the policy is
// not broken, stacked marks are not cut. Then what app.js promises.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const names = readdirSync(join(here, "../gallery/pages")).sort();
const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
const json = (status, value) => ({ status, type: "application/json", text: JSON.stringify(value) });

let browser, server, autosave, submitted;
let progress = () => ({ status: 204, type: "text/html", text: "" });

before(async () => {
  server = await serve({
    "POST /autosave": (_, body) => autosave(new URLSearchParams(body)),
    "GET /progress": () => progress(),
    "POST /02-section.html": (_, body) => {
      submitted.push(new URLSearchParams(body));
      return { status: 200, type: "text/html; charset=utf-8", text: "<title>đã gửi</title>" };
    },
  });
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

after(async () => {
  await browser.close();
  server.close();
});

/** A page whose errors and policy violations fail the test. */
async function open(name, options = {}) {
  submitted = [];
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: options.inspect, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (line) => {
    if (/Content Security Policy/.test(line.text())) faults.push(line.text());
  });
  await page.goto(`${server.url}/${name}`);
  return { page, close: async () => (await context.close(), assert.deepEqual(faults, [])) };
}

for (const width of [1280, 390]) {
  for (const name of names) {
    test(`${name} at ${width} px is accessible and fits`, async () => {
      const { page, close } = await open(name, { inspect: true, viewport: { width, height: 900 } });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document));
      assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(", ")}`), []);
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 80)),
      );
      assert.deepEqual(wide, []);
      await close();
    });
  }
}

for (const name of names) {
  test(`${name} keeps the content security policy`, async () => {
    const { page, close } = await open(name);
    const loaded = await page.evaluate(async () => {
      await document.fonts.ready;
      return [...document.fonts].some((face) => /Be Vietnam Pro/.test(face.family) && face.status === "loaded" && /1EA0/i.test(face.unicodeRange));
    });
    assert.ok(loaded, "the Vietnamese subset of the font was not loaded");
    await close();
  });
}

test("capitals with two marks fit inside a field", async () => {
  const { page, close } = await open("02-section.html");
  const room = await page.evaluate(() => {
    const input = document.getElementById("owner");
    const style = getComputedStyle(input);
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = `${style.fontWeight} ${style.fontSize} "Be Vietnam Pro"`;
    const drawn = pen.measureText("ẴẶỖỆỬ");
    const ink = drawn.actualBoundingBoxAscent + drawn.actualBoundingBoxDescent;
    return parseFloat(style.lineHeight) - ink;
  });
  assert.ok(room >= 0, `the line is ${-room} px lower than the letters`);
  await close();
});

test("digits of a money field have one width", async () => {
  const { page, close } = await open("02-section.html");
  await page.evaluate(() => document.fonts.load('19px "Minh Bach Figures"', "1"));
  const widths = await page.evaluate(() => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = '19px "Minh Bach Figures"';
    return [..."0123456789"].map((digit) => pen.measureText(digit).width.toFixed(2));
  });
  assert.equal(new Set(widths).size, 1, widths.join(" "));
  await close();
});

test("autosave sends every field and says when it was saved; the next one carries the new version", async () => {
  const seen = [];
  autosave = (fields) => (seen.push(fields), json(200, { saved_at: "10:32", version: String(7 + seen.length) }));
  const { page, close } = await open("02-section.html");
  await page.fill("#value", "2500000000");
  await page.locator("#value").blur();
  await page.getByText("Đã lưu lúc 10:32").waitFor();
  assert.equal(await page.inputValue("#value"), "2.500.000.000");
  await page.fill("#owner", "Ệ");
  await page.locator("#owner").blur();
  await page.waitForFunction(() => document.querySelector("input[name=version]").value === "9");
  assert.equal(seen[0].get("csrf"), "mau");
  assert.deepEqual(seen.map((fields) => fields.get("version")), ["7", "8"]);
  assert.equal(seen[1].get("owner"), "Ệ");
  await close();
});

test("a submit waits for the autosave under way and carries its version", async () => {
  autosave = async () => {
    await new Promise((done) => setTimeout(done, 400));
    return json(200, { saved_at: "10:33", version: "8" });
  };
  const { page, close } = await open("02-section.html");
  await page.fill("#owner", "A");
  await page.locator("#owner").blur();
  await page.click("text=Thêm một thửa đất");
  await page.waitForFunction(() => document.title === "đã gửi");
  assert.equal(submitted.length, 1);
  assert.equal(submitted[0].get("version"), "8");
  assert.equal(submitted[0].get("then"), "add");
  await close();
});

test("what is typed while a save is under way is saved after it, and 'Đã lưu' is never said of it before", async () => {
  const seen = [];
  autosave = async (fields) => {
    seen.push(fields);
    await new Promise((done) => setTimeout(done, 600));
    return json(200, { saved_at: `10:3${seen.length}`, version: String(7 + seen.length) });
  };
  const { page, close } = await open("02-section.html");
  await page.fill("#owner", "A");
  await page.locator("#owner").blur();
  await page.getByText("Đang lưu…").waitFor();
  await page.fill("#owner", "AB");
  assert.equal(await page.getAttribute("[data-save-state]", "data-state"), "pending");
  await page.waitForFunction(() => document.querySelector("[data-save-state]").dataset.state === "saved");
  assert.deepEqual(seen.map((fields) => fields.get("owner")), ["A", "AB"]);
  assert.deepEqual(seen.map((fields) => fields.get("version")), ["7", "8"]);
  assert.deepEqual(seen.map((fields) => fields.get("turn")), ["1", "2"]);
  await close();
});

test("leaving a field whose text is saved already sends nothing more", async () => {
  let sent = 0;
  autosave = () => (sent++, json(200, { saved_at: "10:32", version: "8" }));
  const { page, close } = await open("02-section.html");
  await page.fill("#owner", "A");
  await page.getByText("Đã lưu lúc 10:32").waitFor();
  await page.locator("#owner").blur();
  await page.waitForTimeout(300);
  assert.equal(sent, 1);
  assert.equal(await page.locator("[data-save-state]").innerText(), "Đã lưu lúc 10:32");
  await page.fill("#owner", "");
  await page.locator("#owner").blur();
  for (let tries = 0; tries < 30 && sent < 2; tries += 1) await page.waitForTimeout(100);
  assert.equal(sent, 2, "another text is");
  await close();
});

for (const [when, answerAfter] of [["within the delay", 0], ["while a save is under way", 1500]]) {
  test(`leaving ${when} saves what was typed last`, async () => {
    const seen = [];
    autosave = async (fields) => {
      seen.push(fields);
      await new Promise((done) => setTimeout(done, answerAfter));
      return json(200, { saved_at: "10:32", version: "8" });
    };
    const { page, close } = await open("02-section.html");
    if (answerAfter > 0) {
      await page.fill("#owner", "A");
      await page.locator("#owner").blur();
      await page.getByText("Đang lưu…").waitFor();
    }
    await page.fill("#owner", "AB");
    await page.goto(`${server.url}/01-task-list.html`);
    for (let tries = 0; tries < 50 && seen.at(-1)?.get("owner") !== "AB"; tries += 1) await page.waitForTimeout(100);
    const last = seen.at(-1);
    assert.equal(last.get("owner"), "AB");
    assert.equal(last.get("version"), "7", "the answer that would tell the next version was not waited for");
    assert.equal(last.get("turn"), String(seen.length), "so the number says that it is the later text");
    await close();
  });
}

test("a conflict is shown in the server's words and nothing more is sent", async () => {
  let sent = 0;
  autosave = () => (sent++, json(409, { message: "Bản nháp vừa được sửa ở thẻ khác." }));
  const { page, close } = await open("02-section.html");
  await page.fill("#owner", "A");
  await page.getByText("Bản nháp vừa được sửa ở thẻ khác.").waitFor();
  await page.fill("#owner", "B");
  await page.locator("#owner").blur();
  await page.waitForTimeout(1200);
  assert.equal(sent, 1);
  await close();
});

test("a lost connection is said, and the text is sent again", async () => {
  const seen = [];
  autosave = (fields) => (seen.push(fields.get("owner")), json(200, { saved_at: "10:35", version: "8" }));
  const { page, close } = await open("02-section.html");
  let tries = 0;
  await page.route("**/autosave", (route) => (++tries === 1 ? route.abort() : route.continue()));
  await page.fill("#owner", "Nguyễn Ẩn");
  await page.getByText("Chưa lưu được vì mất kết nối").waitFor();
  await page.getByText("Đã lưu lúc 10:35").waitFor();
  assert.deepEqual(seen, ["Nguyễn Ẩn"]);
  await close();
});

test("a busy server is said, and what was typed meanwhile is sent when it asked to be asked again", async () => {
  const seen = [];
  autosave = (fields) => (seen.push(fields.get("owner")), json(200, { saved_at: "10:36", version: "8" }));
  const { page, close } = await open("02-section.html");
  let tries = 0;
  await page.clock.install();
  await page.route("**/autosave", (route) =>
    ++tries <= 2 ? route.fulfill({ status: 503, headers: { "Retry-After": "10" }, body: "{}" }) : route.continue(),
  );
  await page.fill("#owner", "Nguyễn");
  await page.clock.runFor(1000);
  const state = page.locator("[data-save-state]");
  await page.getByText("quá nhiều người dùng cùng lúc").waitFor();
  const wait = Number(/sau (\d+) giây/.exec(await state.textContent())[1]);
  assert.ok(wait >= 7 && wait <= 13, `${wait} s: ten, give or take a quarter`);
  await page.fill("#owner", "Nguyễn Ẩn");
  assert.match(await state.textContent(), /vẫn còn trên trang/);
  // The page is left alone for the time it named: typing does not ask earlier.
  for (let second = 0; second < 60 && seen.length === 0; second += 1) await page.clock.runFor(1000);
  await page.getByText("Đã lưu lúc 10:36").waitFor();
  assert.deepEqual(seen, ["Nguyễn Ẩn"]);
  await close();
});

test("a connection cut for ten minutes: the text stays, few tries are made, and it is saved afterwards", async () => {
  const seen = [];
  autosave = (fields) => (seen.push(fields.get("owner")), json(200, { saved_at: "10:46", version: "8" }));
  const { page, close } = await open("02-section.html");
  let [cut, tries] = [true, 0];
  await page.clock.install();
  await page.route("**/autosave", (route) => (cut ? (tries++, route.abort()) : route.continue()));
  await page.fill("#owner", "Nguyễn Ẩn");
  for (let second = 0; second < 600; second += 5) {
    await page.clock.runFor(5000);
    await page.evaluate(() => fetch("/02-section.html", { method: "HEAD" })); // lets the answer of the try come in
  }
  assert.match(await page.locator("[data-save-state]").textContent(), /Chưa lưu được vì mất kết nối/);
  assert.ok(tries > 10 && tries < 40, `${tries} tries in ten minutes`);
  assert.equal(await page.inputValue("#owner"), "Nguyễn Ẩn");
  cut = false;
  for (let second = 0; second < 60 && seen.length === 0; second += 5) await page.clock.runFor(5000);
  await page.getByText("Đã lưu lúc 10:46").waitFor();
  assert.deepEqual(seen, ["Nguyễn Ẩn"]);
  await close();
});

test("an ended session is said and the text stays", async () => {
  autosave = () => ({ status: 401, type: "text/plain", text: "" });
  const { page, close } = await open("02-section.html");
  await page.fill("#owner", "Nguyễn Ẩn");
  await page.getByText("Phiên làm việc đã hết").waitFor();
  assert.equal(await page.inputValue("#owner"), "Nguyễn Ẩn");
  await close();
});

test("the error summary has the focus and its link leads to the field", async () => {
  const { page, close } = await open("02-section.html");
  assert.match(await page.evaluate(() => document.activeElement.className), /govuk-error-summary/);
  await page.click(".govuk-error-summary a >> nth=0");
  assert.equal(await page.evaluate(() => document.activeElement.id), "land-area");
  await close();
});

test("'Không có' closes the questions it answers, by style alone", async () => {
  const { page, close } = await open("02-section.html", { javaScriptEnabled: false });
  assert.equal(await page.isVisible("#owner"), true);
  await page.check("#has-khong");
  assert.equal(await page.isVisible("#owner"), false);
  await close();
});

test("chosen files are listed, one too large is marked", async () => {
  const { page, close } = await open("05-intake.html");
  await page.evaluate(() => (document.querySelector("[data-drop]").dataset.maxBytes = "1048576"));
  await page.setInputFiles("#files", [
    { name: "nhỏ.pdf", mimeType: "application/pdf", buffer: Buffer.alloc(2048) },
    { name: "to.pdf", mimeType: "application/pdf", buffer: Buffer.alloc(3 * 1024 * 1024) },
  ]);
  assert.deepEqual(await page.locator(".mb-drop__files li").allInnerTexts(), [
    "nhỏ.pdf\n2 KB",
    "to.pdf\n3,0 MB, lớn hơn mức 1,0 MB; đề nghị tách tệp",
  ]);
  assert.equal(await page.locator(".is-refused").count(), 1);
  await close();
});

test("progress is polled by htmx under the policy, and a fault is said", async () => {
  let asked = 0;
  progress = () =>
    ++asked === 1
      ? { status: 500, type: "text/plain", text: "" }
      : { status: 200, type: "text/html", text: "<p id='done'>Đã nhận dạng xong 18 trang.</p>" };
  const { page, close } = await open("05-intake.html");
  await page.getByText("Chưa lấy được tiến độ").waitFor();
  await page.getByText("Đã nhận dạng xong 18 trang.").waitFor();
  await close();
});

test("F8 goes to the next field in doubt and round again", async () => {
  const { page, close } = await open("06-review.html");
  const here = () => page.evaluate(() => document.activeElement.id);
  await page.focus("#name");
  await page.keyboard.press("F8");
  assert.equal(await here(), "id_no");
  await page.focus("#amount");
  await page.keyboard.press("F8");
  assert.equal(await here(), "id_no");
  await page.focus("#amount");
  await page.keyboard.press("Shift+F8");
  assert.equal(await here(), "id_no");
  await close();
});

test("the enlarged page shows the box of the field in focus", async () => {
  const { page, close } = await open("06-review.html");
  await page.click("[data-zoom]");
  assert.equal(await page.getAttribute("[data-zoom]", "aria-pressed"), "true");
  await page.focus("#id_no");
  const [pane, box] = await Promise.all([
    page.locator("[data-zoom-pane]").boundingBox(),
    page.locator("rect.is-focused").boundingBox(),
  ]);
  assert.ok(box.y >= pane.y && box.y + box.height <= pane.y + pane.height, JSON.stringify({ pane, box }));
  assert.ok(box.x + box.width / 2 >= pane.x && box.x + box.width / 2 <= pane.x + pane.width, JSON.stringify({ pane, box }));
  await close();
});

test("the box of the field in focus is lit", async () => {
  const { page, close } = await open("06-review.html");
  await page.focus("#id_no");
  assert.equal(await page.getAttribute("rect.is-focused", "data-field"), "id_no");
  await close();
});
