/** What an agent is told at the start of a connection; hosts cut it after 2,048 characters. */
export const INSTRUCTIONS = `Shared memory of this project, kept as Markdown in git and reviewed with the code.
Call memory_context with your task and paths before you plan or edit. Search before you ask how or why this project does something, and when an error looks familiar.
Save only what a colleague needs in a month and cannot see in the code or its log: a decision and why, a correction by a person, a trap, a command that is not obvious. Never progress, to-dos, summaries, secrets.
Update rather than add. Memories may be out of date: check, then fix or archive them. Commit .memory/ with the code it explains.`;
