// What the declarants of the journeys declare: a plot, the house on it, savings; nothing else.

const PLOT = {
  "e0.address": "Tổ dân phố 3, xã Sơn Linh, tỉnh Quảng Ngãi",
  "e0.area_m2": "120,5",
  "e0.holder": "SELF",
  "e0.value.kind": "PURCHASE",
  "e0.value.amount": "850.000.000",
  "e0.certificate.status": "ISSUED",
  "e0.certificate.number": "CH 012345",
  "e0.certificate.grantee": "Nguyễn Văn An",
};

/** Section address → answers beside "Có". Everything else is "Không có". */
const HELD = {
  "ii-1-1": PLOT,
  "ii-2-1": {
    "e0.address": PLOT["e0.address"],
    "e0.house_type": "nhà ở riêng lẻ",
    "e0.floor_area_m2": "150",
    "e0.holder": "SELF",
    "e0.value.kind": "BUILD",
    "e0.value.amount": "1,2 tỷ",
    "e0.certificate.status": "NOT_ISSUED",
  },
  "ii-5": { "e0.name": "Tiền gửi tiết kiệm tại ngân hàng", "e0.holder": "SELF", "e0.value.kind": "PURCHASE", "e0.value.amount": "210.000.000" },
};

const SELF = {
  "e0.residence": "Tổ dân phố 3, xã Sơn Linh, tỉnh Quảng Ngãi",
  "e0.id_date": "10/06/2021",
  "e0.id_place": "Cục Cảnh sát quản lý hành chính về trật tự xã hội",
};

const INCOME = { "e0.declarant": "180.000.000", "e0.spouse": "0", "e0.children": "0", "e0.common": "0" };
const CHANGES = { "t.INCOME.value": "180.000.000", "t.INCOME.explanation": "Lương, phụ cấp trong năm: 180.000.000" };

/** Answers the section that is open, whatever it is; boxes that are not on the page are left out. */
export async function answerSection(person, slug) {
  const { page } = person;
  const shown = async (answers) => {
    const there = {};
    for (const [name, value] of Object.entries(answers)) {
      if ((await page.locator(`[name=${JSON.stringify(name)}]`).count()) > 0) there[name] = value;
    }
    return there;
  };
  if ((await page.locator("[name=have]").count()) > 0) {
    await person.answer({ have: slug in HELD ? "co" : "khong" });
    if (slug in HELD) await answerHouseType(person, await shown(HELD[slug]));
  }
  if (slug === "i-1") await person.answer(await shown(SELF));
  if (slug === "i-2") await person.answer(await shown({ "t.spouse_status": "SINGLE" }));
  if (slug === "ii-10") await person.answer(await shown(INCOME));
  if (slug === "iii") await person.answer(await shown(CHANGES));
}

/** The kinds of house are a list of the law: the journey takes the first. */
async function answerHouseType(person, answers) {
  const kinds = person.page.locator('[name="e0.house_type"][type=radio]');
  if ((await kinds.count()) > 0) answers["e0.house_type"] = await kinds.first().getAttribute("value");
  await person.answer(answers);
}

/** Fills every section of the task list. `look` is called on each section's page once it is filled. */
export async function fillAll(person, home, look = async () => {}) {
  await person.go(home);
  const hrefs = await person.page.locator(`main a[href^="${home}/"]`).evaluateAll((links) => links.map((a) => a.getAttribute("href")));
  const slugs = [...new Set(hrefs.map((href) => href.slice(home.length + 1)).filter((slug) => slug !== "kiem-tra"))];
  for (const slug of slugs) {
    await person.go(`${home}/${slug}`);
    await answerSection(person, slug);
    await look(slug);
    await person.press("Lưu và tiếp tục");
    // The next section shows what is still wrong in it; only staying here is a refusal.
    const stayed = new URL(person.page.url()).pathname === `${home}/${slug}`;
    const errors = stayed ? await person.page.locator(".govuk-error-summary__list li").allInnerTexts() : [];
    if (stayed) throw new Error(`section ${slug} is not accepted: ${errors.join("; ")}`);
  }
  return slugs;
}

/** Opens the one obligation of the signed-in declarant and begins a draft. Returns the address of its task list. */
export async function begin(person) {
  await person.go("/ke-khai");
  const href = await person.page.locator('main a[href^="/ke-khai/"]').first().getAttribute("href");
  await person.go(href);
  const start = person.page.getByRole("button", { name: "Bắt đầu kê khai" });
  if ((await start.count()) > 0) await person.press("Bắt đầu kê khai");
  return new URL(person.page.url()).pathname;
}

/** Reads everything over, gives a reason for each warning, sends. Returns the declaration's address. */
export async function send(person, home, look = async () => {}) {
  await person.go(`${home}/kiem-tra`);
  const obstacles = await person.page.locator(".mb-clarify li").allInnerTexts();
  if (obstacles.length > 0) throw new Error(`cannot be sent: ${obstacles.join("; ")}`);
  for (const box of await person.page.locator("main textarea").all()) await box.fill("Đã đối chiếu với giấy tờ.");
  await look("kiem-tra");
  await person.press("Gửi bản kê khai");
  const errors = await person.page.locator(".govuk-error-summary__list li, main .govuk-body").allInnerTexts();
  const path = new URL(person.page.url()).pathname;
  if (!path.endsWith("/da-gui")) throw new Error(`not sent: ${errors.join("; ")}`);
  return path.replace(/\/da-gui$/, "");
}
