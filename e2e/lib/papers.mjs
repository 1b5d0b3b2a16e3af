// Papers at the intake desk.
import assert from "node:assert/strict";

const RECOGNITION_MS = 480_000;

/** The address of the paper with this file name. */
export async function paperNamed(person, name) {
  await person.go("/tiep-nhan");
  return person.page.locator("main table").getByRole("link", { name, exact: true }).first().getAttribute("href");
}

/** Opens the review screen of a paper, waiting for its recognition to end. */
export async function openReview(person, name) {
  const paper = await paperNamed(person, name);
  const deadline = Date.now() + RECOGNITION_MS;
  await person.go(paper);
  while ((await person.page.locator(".mb-review").count()) === 0) {
    assert.ok(Date.now() < deadline, `not read in time: ${await person.text()}`);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await person.go(paper);
  }
  return paper;
}

/** Says whose paper it is, when the desk does not know the person yet: somebody new of the unit so called. */
export async function answerWho(person, place) {
  if ((await person.page.locator("#who-new").count()) === 0) return;
  const unit = await person.page.locator("#unit option").filter({ hasText: place }).first().getAttribute("value");
  await person.answer({ who: "moi", rank: "BELOW_DIRECTOR", unit });
}
