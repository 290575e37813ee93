import { configDefaults, defineConfig } from "vitest/config";
import base from "./vitest.config.js";

export default defineConfig({
  test: {
    ...base.test,
    include: ["test/slow/**/*.test.ts"],
    exclude: configDefaults.exclude,
    testTimeout: 3_600_000,
    maxWorkers: 1,
  },
});
