import * as z from "zod";
import { MemoryError } from "../errors.js";

const settings = {
  commit: z.enum(["journal", "each"]).default("journal").meta({
    description:
      "Where a write goes: journal leaves the branch alone until somebody commits; each publishes every write as a commit of its own",
  }),
  response_format: z
    .enum(["concise", "detailed", "json"])
    .default("concise")
    .meta({ description: "How results are given: short Markdown, Markdown with everything, or JSON" }),
  sessions: z
    .enum(["personal", "shared"])
    .default("personal")
    .meta({ description: "Where sessions live: in each person's own store, or in the project's for everybody" }),
  check_max_new: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(50)
    .meta({ description: "How many new entries a branch may bring before check --base finds it too large to review" }),
  check_similarity: z
    .number()
    .min(0.5)
    .max(1)
    .default(0.85)
    .meta({ description: "Share of wording from which check takes two entries for near-duplicates" }),
  memory_decay_enabled: z
    .boolean()
    .default(true)
    .meta({ description: "Whether memories and patterns lose importance while nobody reads or changes them" }),
  default_decay_rate: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .meta({ description: "How much importance an entry loses a day, unless it has a decay_rate: e^(-rate × days)" }),
  max_memories_per_session: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .meta({ description: "How many entries one session may hold" }),
  semantic_search_threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.7)
    .meta({ description: "Lowest similarity of what counts as similar, and of what search finds by meaning alone" }),
  auto_categorization_enabled: z.boolean().default(true).meta({
    description: "Whether category and topic are filled in from the words of an entry where it has none",
  }),
  conflict_window_ms: z.int().min(0).max(86_400_000).default(5_000).meta({
    description: "For so many milliseconds after another writer's change a write without base_version is told of it",
  }),
  embedder: z.enum(["auto", "minilm", "minilm-onnx", "openai", "transformers", "none", "hashed"]).default("auto").meta({
    description:
      "What makes the vectors for search by meaning: auto takes the fastest that is on this machine, none searches by words only; yours to say, a project's memory.yaml cannot",
  }),
  embedder_url: z
    .string()
    .max(1_000)
    .regex(/^(?:https?:\/\/[^\s@]+)?$/)
    .default("")
    .meta({
      description:
        "Address of an OpenAI-compatible service, up to and with /v1, to which texts are sent when embedder is openai; yours to say, a project's memory.yaml cannot",
    }),
  embedder_model: z.string().max(500).regex(/^\S*$/).default("").meta({
    description: "Model of embedder openai or transformers; yours to say, a project's memory.yaml cannot",
  }),
  review: z.enum(["none", "required"]).default("none").meta({
    description:
      "required: nothing is committed to a branch by itself, and what no person has committed is shown as unreviewed",
  }),
  usage: z.enum(["on", "off"]).default("on").meta({
    description:
      "Whether reads and searches are counted, on this machine only; yours to say, a project's memory.yaml cannot",
  }),
  audit: z.enum(["on", "off"]).default("on").meta({
    description:
      "Whether git memory serve records who called what, on this machine only; yours to say, a project's memory.yaml cannot",
  }),
};

/** Every setting with its values, default and description. */
export const SETTINGS = z.object(settings);

/** The value of every setting. */
type Settings = z.infer<typeof SETTINGS>;
/** The key of a setting. */
export type SettingKey = keyof Settings;

/** The keys of all settings. */
export const SETTING_KEYS = Object.keys(settings) as readonly SettingKey[];

/** The settings that are the person's: a manifest checked in with code cannot give them. */
const PERSONAL_KEYS: readonly SettingKey[] = ["usage", "audit", "embedder", "embedder_url", "embedder_model"];

/** True for a setting that only the person may give, never a manifest checked in with code. */
export const isPersonal = (key: SettingKey): boolean => PERSONAL_KEYS.includes(key);

/** Where a value came from, strongest first. */
type SettingSource = "flag" | "env" | "personal" | "store" | "default";

/** The value of each setting and where it came from. */
export type ResolvedSettings = {
  readonly [K in SettingKey]: { readonly value: Settings[K]; readonly source: SettingSource };
};

/** What each place says. `env` is the whole environment; `defaults` replaces defaults, as an own store does for `commit`. */
export interface SettingInputs {
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly personal?: Readonly<Record<string, unknown>>;
  readonly store?: Readonly<Record<string, unknown>>;
  readonly defaults?: Partial<Settings>;
}

/** The environment variable of a setting: `GIT_MEMORY_` and the key in capitals. */
function settingVariable(key: SettingKey): string {
  return `GIT_MEMORY_${key.toUpperCase()}`;
}

/** Resolves every setting: flag, then environment, personal manifest, store's manifest, default. `invalid_input` names a wrong value's place. */
export function resolveSettings(inputs: SettingInputs): ResolvedSettings {
  return Object.fromEntries(SETTING_KEYS.map((key) => [key, resolve(key, inputs)])) as unknown as ResolvedSettings;
}

/** The value that a text means for a setting, as the environment and a command line have texts only. `invalid_input` for one it cannot have. */
export function readSetting(key: SettingKey, text: string): Settings[SettingKey] {
  const parsed = settings[key].safeParse(fromText(key, text));
  if (parsed.success) return parsed.data;
  throw new MemoryError("invalid_input", `${key} has to be ${expected(key)}. Nothing was written.`, { setting: key });
}

interface Shape {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

const DEFAULTS = SETTINGS.parse({});

/** What a setting is when nobody says anything. */
export const defaultOf = (key: SettingKey): Settings[SettingKey] => DEFAULTS[key];

const SHAPES = Object.fromEntries(
  SETTING_KEYS.map((key) => [key, z.toJSONSchema(settings[key], { io: "input" })]),
) as unknown as Readonly<Record<SettingKey, Shape>>;

function fromText(key: SettingKey, value: unknown): unknown {
  const { type } = SHAPES[key];
  if (type === "boolean" && (value === "true" || value === "false")) return value === "true";
  const number = typeof value === "string" && (type === "integer" || type === "number") && value.trim() !== "";
  return number ? Number(value) : value;
}

/** What a setting may be, for messages. */
function expected(key: SettingKey): string {
  const { type, enum: options, minimum, maximum, maxLength } = SHAPES[key];
  if (type === "string" && !options)
    return key === "embedder_url"
      ? "an address that begins with http:// or https:// and names no user"
      : `a text without spaces, of at most ${maxLength} characters`;
  if (options) return `one of ${options.join(", ")}`;
  if (type === "boolean") return "true or false";
  return `a ${type === "integer" ? "whole number" : "number"} from ${minimum} to ${maximum}`;
}

function resolve<K extends SettingKey>(key: K, inputs: SettingInputs): ResolvedSettings[K] {
  const variable = settingVariable(key);
  // An empty variable counts as unset, as most programs take it.
  const fromEnv = inputs.env?.[variable] === "" ? undefined : inputs.env?.[variable];
  const places: readonly [SettingSource, string, unknown][] = [
    ["flag", `--${key.replaceAll("_", "-")}`, fromText(key, inputs.flags?.[key])],
    ["env", variable, fromText(key, fromEnv)],
    ["personal", `${key} in your own memory.yaml`, inputs.personal?.[key]],
    ["store", `${key} in the store's memory.yaml`, isPersonal(key) ? undefined : inputs.store?.[key]],
    ["default", key, inputs.defaults?.[key]],
  ];
  const [source, place, raw] = places.find(([, , value]) => value !== undefined) ?? ["default", key, undefined];
  // Every call asks for settings, and most of them nobody set.
  if (raw === undefined) return { value: DEFAULTS[key], source } as unknown as ResolvedSettings[K];
  const parsed = settings[key].safeParse(raw);
  if (parsed.success) return { value: parsed.data, source } as unknown as ResolvedSettings[K];
  throw new MemoryError("invalid_input", `The setting ${place} must be ${expected(key)}.`, { setting: key, source });
}
