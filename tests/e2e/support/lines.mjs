// A line for each scenario, and the count in the end, as the other suites print them.
import { Formatter, Status } from "@cucumber/cucumber";

export default class Lines extends Formatter {
  static documentation = "a line for each scenario";

  constructor(options) {
    super(options);
    const started = new Map();
    const totals = { passed: 0, failed: 0, skipped: 0 };
    options.eventBroadcaster.on("envelope", (envelope) => {
      if (envelope.testCaseStarted) started.set(envelope.testCaseStarted.id, Date.now());
      if (envelope.testCaseFinished && !envelope.testCaseFinished.willBeRetried) {
        const { pickle, worstTestStepResult } = this.eventDataCollector.getTestCaseAttempt(envelope.testCaseFinished.testCaseStartedId);
        const status = worstTestStepResult.status;
        const word = status === Status.PASSED ? "passed" : status === Status.SKIPPED ? "skipped" : "failed";
        totals[word] += 1;
        const seconds = ((Date.now() - started.get(envelope.testCaseFinished.testCaseStartedId)) / 1000).toFixed(1);
        this.log(`${word.padEnd(7)} ${pickle.name} (${seconds} s)\n`);
        if (word === "failed") this.log(`        ${(worstTestStepResult.message ?? status).split("\n").join("\n        ")}\n`);
      }
      if (envelope.testRunFinished) this.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
    });
  }
}
