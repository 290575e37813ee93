// gray-matter loads its own reader of YAML at once, which costs a fifth of a merge driver's start and looks for a parser of
// JavaScript besides. It is never asked: src/entry/frontmatter.ts gives every call the engines it may use.
const never = () => {
  throw new Error("this build has no js-yaml");
};
module.exports = { safeLoad: never, safeDump: never };
