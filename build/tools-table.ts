import { OPERATIONS } from "../src/operations/registry.js";
import { toolsOf } from "../src/transports/mcp/tools.js";

const cell = (text: string): string => text.replaceAll("|", "\\|").replace(/\n/g, "<br>");

/** The README's table of tools: one row a tool, from the registry. */
export function toolsTable(): string {
  const rows = toolsOf(OPERATIONS).map(({ name, description }) => {
    const own = OPERATIONS.filter(({ area }) => `memory_${area}` === name);
    const commands = own.map(({ command }) => `\`${command}\``).join(", ");
    return `| \`${name}\` | ${own[0]!.toolset} | ${commands} | ${cell(description)} |`;
  });
  return ["| MCP tool | toolset | `git memory …` | what it does |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
