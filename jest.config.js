export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/scripts/jest-transform.js" },
  modulePathIgnorePatterns: ["<rootDir>/dist"],
  testTimeout: 30_000,
};
