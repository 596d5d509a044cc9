import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { loadWords, percentage, say, useWords } from "../../static/src/guest/catalogue.js";
import { size, timeLeft } from "../../static/src/guest/format.js";
import english from "../../static/src/guest/words/en.js";
import { CHIPS, CLOSED, EARLIER, FINISHED, NOTES, SUMMARY } from "../../static/src/guest/words.js";

const FOLDER = new URL("../../static/src/guest/words/", import.meta.url);
const CATALOGUES = {};
for (const file of readdirSync(FOLDER)) CATALOGUES[file.replace(".js", "")] = (await import(new URL(file, FOLDER))).default;
const PLURAL = Object.keys(english).filter((key) => typeof english[key] !== "string");

/** The names of a text's places, sorted, without regard to capitals. */
const places = (text) => [...new Set((text.match(/\{\w+\}/g) ?? []).map((place) => place.toLowerCase()))].sort();

/** The numbers up to 200 that a category of a language is for. */
function numbersOf(locale, category) {
  const rules = new Intl.PluralRules(locale);
  return [...Array(201).keys()].filter((n) => rules.select(n) === category);
}

function inLanguage(language, tell) {
  useWords(CATALOGUES[language]);
  try {
    return tell();
  } finally {
    useWords(english);
  }
}

test("there are fourteen languages", () => assert.equal(Object.keys(CATALOGUES).length, 14));

for (const [language, words] of Object.entries(CATALOGUES)) {
  test(`${language} has English's texts, no fewer and no others`, () => {
    assert.deepEqual(Object.keys(words), Object.keys(english));
    assert.equal(Intl.PluralRules.supportedLocalesOf(words.locale).length, 1);
    assert.equal(new Intl.Locale(words.locale).language, language.split("-")[0]);
  });

  test(`${language} has every plural form of its own`, () => {
    const categories = new Intl.PluralRules(words.locale).resolvedOptions().pluralCategories.toSorted();
    for (const key of PLURAL) assert.deepEqual(Object.keys(words[key]).toSorted(), categories, key);
  });

  test(`${language} has English's places, and nothing empty`, () => {
    for (const [key, source] of Object.entries(english)) {
      const wanted = places(typeof source === "string" ? source : source.other);
      const forms = typeof words[key] === "string" ? { "": words[key] } : words[key];
      for (const [category, text] of Object.entries(forms)) {
        assert.ok(text || key === "space", key);
        // A form for one number alone may say it in a word.
        const only = category && numbersOf(words.locale, category).length === 1;
        const mayLack = only ? wanted.filter((place) => place !== "{n}") : wanted;
        assert.ok([String(wanted), String(mayLack)].includes(String(places(text))), `${key}: ${text}`);
      }
    }
  });
}

test("a number finds its form", () => {
  const told = (language, counts) => inLanguage(language, () => counts.map((n) => EARLIER.safe(n)));
  assert.deepEqual(told("pl", [1, 2, 5, 22]), [
    "1 plik wysłany wcześniej jest bezpieczny.",
    "2 pliki wysłane wcześniej są bezpieczne.",
    "5 plików wysłanych wcześniej jest bezpiecznych.",
    "22 pliki wysłane wcześniej są bezpieczne.",
  ]);
  assert.deepEqual(told("ar", [1, 2, 3, 11, 100]), [
    "ملف واحد أرسلتموه من قبل في أمان.",
    "ملفان أرسلتموهما من قبل في أمان.",
    "3 ملفات أرسلتموها من قبل في أمان.",
    "11 ملفًا أرسلتموها من قبل في أمان.",
    "100 ملف أرسلتموها من قبل في أمان.",
  ]);
});

test("numbers, sizes and percents follow the language", () => {
  const plain = (text) => text.replace(/[\u00a0\u202f]/g, " ");
  const written = () => [size(4_200_000), size(12), percentage(46), NOTES.most(1500)].map(plain);
  const told = (language) => inLanguage(language, written);
  assert.deepEqual(told("de"), ["4,2 MB", "12 B", "46 %", "Höchstens 1.500 Dateien"]);
  assert.deepEqual(told("fr"), ["4,2 Mo", "12 o", "46 %", "La limite est de 1 500 fichiers"]);
  assert.deepEqual(told("tr").slice(0, 3), ["4,2 MB", "12 B", "%46"]);
  assert.deepEqual(told("uk").slice(0, 2), ["4,2 МБ", "12 Б"]);
  assert.deepEqual(told("ja").slice(2), ["46%", "上限は1,500個です"]);
  assert.equal(percentage(46), "46 %");
  assert.deepEqual(inLanguage("pl", () => [30, 330, 5000].map(timeLeft)), ["mniej niż minuta", "około 6 min", "około 2 godz."]);
});

test("a name is put in as it is, with a capital only where a sentence begins with it", () => {
  const told = (language, host) => inLanguage(language, () => [CHIPS.held(host), NOTES.held(host)]);
  assert.deepEqual(told("tr", "ev sahibi"), ["Ev sahibi bekleniyor", "Burada güvende. Önce ev sahibi bakacak."]);
  assert.deepEqual(told("en", "{size}"), ["Waiting for {size}", "Safe here. {size} looks first."]);
});

test("sentences are put together by the language's own signs", () => {
  const counts = { total: 30, received: 30, delivered: 28, duplicate: 2, held: 0, failed: 0, refused: 0 };
  const told = inLanguage("ja", () => [FINISHED.title(counts, ""), FINISHED.text(counts, { host: "Lena", albumSet: true })]);
  assert.deepEqual(told, [
    "30個すべてを受け取りました。ありがとうございます！",
    "28個はアルバムに入りました、2個はすでにありました。このページを閉じても大丈夫です。すべて安全です。",
  ]);
  assert.equal(inLanguage("ar", () => SUMMARY.title(12, 30)), "تم استلام 12 من 30");
});

test("each reason for a closed link has its words", () => {
  for (const language of Object.keys(CATALOGUES)) {
    for (const [code, advise] of Object.entries(CLOSED.advice)) {
      const told = inLanguage(language, () => [CLOSED.title(code), advise("Lena")]);
      assert.ok(told.every(Boolean), `${language} ${code}`);
    }
  }
});

test("the page's language is loaded from where the page says", async () => {
  assert.equal(await loadWords(new URL("sv.js", FOLDER).href), true);
  assert.equal(say("chip.album"), "I albumet");
  useWords(english);
});

test("words that don't come leave the page in English", async (t) => {
  const warn = t.mock.method(console, "warn", () => {});
  assert.equal(await loadWords(""), false);
  assert.equal(await loadWords(new URL("xx.js", FOLDER).href), false);
  assert.equal(warn.mock.callCount(), 1);
  assert.equal(say("chip.album"), "In the album");
});
