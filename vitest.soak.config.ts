import { configDefaults, defineConfig } from "vitest/config";
import base from "./vitest.config.js";

// Many writers, killed ones and clones at random, in the short form that continuous integration has time for.
export default defineConfig({
  test: { ...base.test, include: ["test/soak/**/*.test.ts"], exclude: configDefaults.exclude },
});
