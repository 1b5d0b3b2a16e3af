// A person at a browser. Every page visited is looked at wide and narrow: axe-core finds nothing, nothing overflows;
// errors of scripts, of the console and of the content security policy fail the test when the person leaves.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.MINHBACH_SHOTS;

export const service = process.env.MINHBACH_URL;
if (!service) throw new Error("journeys need a service: run them with `node run.mjs`");
/** The password of every practice account (printed by `minhbach demo`). */
export const PASSWORD = "Thuc hanh 2025!";

let browser;

/** The browser, with an empty profile of its own. */
export async function openBrowser() {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  browser = await chromium.launch({
    executablePath,
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
}

export async function closeBrowser() {
  await browser.close();
}

/** A browser window without cookies. `scripts: false` is a browser without JavaScript. */
export async function sitDown({ scripts = true } = {}) {
  const context = await browser.newContext({ viewport: WIDE, javaScriptEnabled: scripts, locale: "vi-VN", baseURL: service });
  const page = await context.newPage();
  return new Person(context, page, scripts);
}

/** Signed in with a practice account. */
export async function signedIn(login, options) {
  const person = await sitDown(options);
  await person.go("/dang-nhap");
  await person.signIn(login);
  return person;
}

class Person {
  #faults = [];
  #expected = new Set();

  constructor(context, page, scripts) {
    Object.assign(this, { context, page, scripts });
    this.#watch(page);
  }

  #watch(page) {
    page.on("pageerror", (error) => this.#faults.push(`script: ${error.message}`));
    page.on("console", (line) => {
      if (line.type() !== "error" && !/Content Security Policy/.test(line.text())) return;
      // The browser reports every answer ≥ 400 as an error of the console; those a journey asks for are no faults.
      const status = /responded with a status of (\d+)/.exec(line.text())?.[1];
      if (status && this.#expected.has(Number(status))) return;
      this.#faults.push(`console: ${line.text()} (${line.location().url})`);
    });
    page.on("response", (answer) => {
      if (answer.status() >= 500) this.#faults.push(`${answer.status()} from ${answer.url()}`);
    });
  }

  /** Answers with this status belong to the journey. */
  expect(...statuses) {
    statuses.forEach((status) => this.#expected.add(status));
    return this;
  }

  /** A second window of the same person. */
  async anotherTab() {
    const tab = await this.context.newPage();
    this.#watch(tab);
    return tab;
  }

  async go(path) {
    const answer = await this.page.goto(new URL(path, service).href);
    assert.ok(answer.status() < 400 || this.#expected.has(answer.status()), `${path} answered ${answer.status()}`);
  }

  async signIn(login, password = PASSWORD) {
    await this.page.fill("#login", login);
    await this.page.fill("#password", password);
    await this.press("Đăng nhập");
  }

  /** Presses the visible button with these words and waits for the page it leads to. */
  async press(words, page = this.page) {
    const button = page.locator("main").getByRole("button", { name: words, exact: true }).filter({ visible: true }).first();
    await Promise.all([page.waitForEvent("load"), button.click()]);
  }

  async follow(words) {
    const link = this.page.getByRole("link", { name: words }).first();
    await Promise.all([this.page.waitForEvent("load"), link.click()]);
  }

  /** Answers boxes by name: text, choice of a list, radio, tick. */
  async answer(values, page = this.page) {
    for (const [name, value] of Object.entries(values)) {
      const box = page.locator(`[name=${JSON.stringify(name)}]`);
      const kind = await box.first().evaluate((e) => (e.tagName === "INPUT" ? e.type : e.tagName));
      if (kind === "radio" || kind === "checkbox") await page.locator(`[name=${JSON.stringify(name)}][value=${JSON.stringify(value)}]`).check();
      else if (kind === "SELECT") await box.selectOption(value);
      else await box.fill(value);
    }
  }

  async heading() {
    return (await this.page.locator("h1").first().innerText()).trim();
  }

  async text() {
    return this.page.locator("main").innerText();
  }

  /** Looks at the page at both widths. */
  async look(name) {
    for (const [size, width] of [[WIDE, "1280"], [NARROW, "390"]]) {
      await this.page.setViewportSize(size);
      if (shots) {
        mkdirSync(shots, { recursive: true });
        await this.page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: true });
      }
      assert.deepEqual(await this.#overflowing(), [], `${name} overflows at ${width} px`);
      if (this.scripts) assert.deepEqual(await this.#violations(), [], `${name} at ${width} px`);
    }
    await this.page.setViewportSize(WIDE);
  }

  /** Elements that reach beyond the window, unless an ancestor scrolls them. */
  #overflowing() {
    return this.page.evaluate(() => {
      const scrolls = (e) => e && (/(auto|scroll|hidden|clip)/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
      const wide = [...document.querySelectorAll("body *")].filter(
        (e) => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement),
      );
      const names = wide.map((e) => e.outerHTML.slice(0, 100));
      if (document.documentElement.scrollWidth > innerWidth) names.push(`the page is ${document.documentElement.scrollWidth} px wide`);
      return names;
    });
  }

  async #violations() {
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document));
    return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.html.slice(0, 120)}`).join(" | ")}`);
  }

  /** Fetches a file as the signed-in person: its bytes. */
  async download(path) {
    const answer = await this.context.request.get(new URL(path, service).href);
    assert.equal(answer.status(), 200, `${path} answered ${answer.status()}`);
    return { bytes: await answer.body(), type: answer.headers()["content-type"] };
  }

  /** Leaves; whatever went wrong on the way fails here. */
  async leave() {
    await this.context.close();
    assert.deepEqual(this.#faults, []);
  }
}
