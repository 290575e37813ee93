/** The guideline that every new store begins with: it explains the folder to whoever opens it, person or agent. */
export const STARTER = {
  name: "how-we-keep-memory",
  title: "How we keep memory",
  content: `This folder is the shared memory of the project: what people and coding agents learned here, one Markdown
file for each thing, kept in git and reviewed with the code.

- \`memories/\`: decisions, facts, insights, and why
- \`guidelines/\`: how we write code here
- \`tools/\`: commands and APIs that are not obvious
- \`patterns/\`: solutions that worked, or did not

Call memory_context with your task and paths before you plan or edit. Search before you ask how or why this project
does something, and when an error looks familiar. Save only what a colleague needs in a month and cannot see in the code or its log: a decision and why, a
correction by a person, a trap, a command that is not obvious. Never progress, to-dos, summaries or secrets.

Update rather than add. Entries may be out of date: check, then fix or archive them. Commit this folder with the code
that it explains. The files are plain: edit them by hand whenever you like.`,
};
