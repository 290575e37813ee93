import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { findSecrets } from "../../src/entry/secrets.js";

// Made here and put together from pieces, so that no scanner takes this file for a leak.
const letters = (count: number): string =>
  Array.from(
    { length: count },
    (_, at) => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[(at * 7 + 3) % 62],
  ).join("");
const privateKey = (): string =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  }).privateKey;

describe("findSecrets", () => {
  it.each([
    ["aws", () => `AWS_SECRET_ACCESS_KEY=${letters(40)}`],
    ["github", () => `ghp_${letters(36)}`],
    ["slack", () => `xoxb-${"1".repeat(12)}-${"2".repeat(13)}-${letters(24)}`],
    ["privatekey", privateKey],
    ["database-connection-string", () => `postgres://admin:${letters(12)}@db.internal:5432/app`],
    ["anthropic", () => `sk-ant-api03-${letters(93)}-AA`],
  ])("finds %s with its place and without the secret", async (rule, secret) => {
    const value = secret();
    const found = await findSecrets(`# Title\n\n  ${value}\nmore`, []);
    expect(found).toEqual([{ rule, line: 3, column: 3 }]);
    expect(await findSecrets(`# Title\n\n  ${value}\nmore`, [rule])).toEqual([]);
  });

  it("gives several in the order of the text", async () => {
    const text = `xoxb-${"1".repeat(12)}-${"2".repeat(13)}-${letters(24)}\r\nghp_${letters(36)} and ghp_${letters(36)}`;
    expect(await findSecrets(text, [])).toEqual([
      { rule: "slack", line: 1, column: 1 },
      { rule: "github", line: 2, column: 1 },
      { rule: "github", line: 2, column: 46 },
    ]);
  });

  it("cannot be switched off by the text", async () => {
    const text = `<!-- secretlint-disable -->\nghp_${letters(36)}`;
    expect(await findSecrets(text, [])).toHaveLength(1);
  });

  it("leaves plain text alone and nothing behind", async () => {
    expect(await findSecrets("We keep invoices in Postgres. Call `npm run migrate`.", [])).toEqual([]);
    expect(performance.getEntriesByType("mark").filter(({ name }) => name.includes("lint"))).toEqual([]);
  });
});
