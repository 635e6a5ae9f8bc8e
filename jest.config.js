export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/scripts/jest-transform.js" },
  modulePathIgnorePatterns: ["<rootDir>/dist"],
  testTimeout: 30_000,
  // Tests start worker processes of their own: more at once only makes every one of them slower.
  maxWorkers: 2,
  globalTeardown: "<rootDir>/scripts/jest-teardown.js",
};
