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
  #forgiven = [];

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
      if (this.#forgiven.some((words) => words.test(line.text()))) return;
      this.#faults.push(`console: ${line.text()} (${line.location().url})`);
    });
    page.on("response", (answer) => {
      if (answer.status() >= 500 && !this.#expected.has(answer.status())) this.#faults.push(`${answer.status()} from ${answer.url()}`);
    });
  }

  /** Answers with this status belong to the journey. */
  expect(...statuses) {
    statuses.forEach((status) => this.#expected.add(status));
    return this;
  }

  /** Lines of the console with these words belong to the journey. */
  forgive(words) {
    this.#forgiven.push(words);
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

  /** Presses Tab until the element that has the focus fits; the focus has to be seen at every stop. */
  async tabTo(selector, { back = false, most = 60 } = {}) {
    const key = back ? "Shift+Tab" : "Tab";
    for (let stops = 0; stops <= most; stops += 1) {
      const stop = await this.page.evaluate((wanted) => {
        const here = document.activeElement;
        // Nothing, or a place that only a click or a link gives the focus to: no stop of the Tab key.
        if (!here || here === document.body || here.tabIndex < 0) return { there: false, seen: true };
        const style = getComputedStyle(here);
        const around = here.closest(".mb-drop") ? getComputedStyle(here.closest(".mb-drop")) : style;
        const box = here.getBoundingClientRect();
        const drawn = (s) => (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none";
        // A radio's or tick's ring is drawn beside the input itself.
        const beside = here.nextElementSibling && getComputedStyle(here.nextElementSibling, "::before").boxShadow !== "none";
        const inView = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
        const seen = inView && (drawn(style) || drawn(around) || beside);
        return { there: here.matches(wanted), seen, what: here.outerHTML.slice(0, 120) };
      }, selector);
      assert.ok(stop.seen, `the focus is not seen on ${stop.what}`);
      if (stop.there) return stops;
      await this.page.keyboard.press(key);
    }
    return assert.fail(`${key} does not reach ${selector} in ${most} stops`);
  }

  /** Presses a key and waits for the page it leads to. */
  async key(name) {
    await Promise.all([this.page.waitForEvent("load"), this.page.keyboard.press(name)]);
  }

  async heading() {
    return (await this.page.locator("h1").first().innerText()).trim();
  }

  async text() {
    return this.page.locator("main").innerText();
  }

  /** The page as it stands: axe-core is a script, so what a browser without scripts shows is opened once more in one that has them. */
  async #asItStands() {
    const url = this.page.url();
    const html = (await this.page.content()).replace(/<script\b[^>]*><\/script>/g, "");
    const context = await browser.newContext({ viewport: WIDE, storageState: await this.context.storageState(), bypassCSP: true });
    await context.route(url, (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body: html }));
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Looks at the page at both widths. */
  async look(name) {
    const judged = this.scripts ? this.page : await this.#asItStands();
    for (const [size, width] of [[WIDE, "1280"], [NARROW, "390"]]) {
      for (const page of new Set([this.page, judged])) await page.setViewportSize(size);
      if (shots) {
        mkdirSync(shots, { recursive: true });
        await this.page.bringToFront(); // a tab behind another is not drawn
        await this.page.screenshot({ path: join(shots, `${name}-${width}.png`), fullPage: true });
      }
      assert.deepEqual(await this.#overflowing(), [], `${name} overflows at ${width} px`);
      assert.deepEqual(await this.#violations(judged), [], `${name} at ${width} px`);
    }
    if (judged !== this.page) await judged.context().close();
    await this.page.setViewportSize(WIDE);
  }

  /** Elements that reach beyond the window, unless an ancestor scrolls them. */
  #overflowing() {
    return this.page.evaluate(() => {
      // The root scrolls too, and that is what must not be needed sideways.
      const scrolls = (e) => e && e !== document.documentElement && (/(auto|scroll|hidden|clip)/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
      const wide = [...document.querySelectorAll("body *")].filter(
        (e) => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement),
      );
      const names = wide.map((e) => e.outerHTML.slice(0, 100));
      if (document.documentElement.scrollWidth > innerWidth) names.push(`the page is ${document.documentElement.scrollWidth} px wide`);
      return names;
    });
  }

  async #violations(page) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document));
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
