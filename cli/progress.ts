// Shows progress: a bar where somebody watches, a line a step where the output goes to a file.
import cliProgress from 'cli-progress';

export interface Progress {
  /** @param percent 0 to 100. */
  show(percent: number, step: string): void;
  end(): void;
}

/** A bar on a terminal, else plain lines, one each time the step changes. */
export function createProgress(title: string, output: NodeJS.WriteStream): Progress {
  if (!output.isTTY) return plainLines(title, output);
  const bar = new cliProgress.SingleBar({
    format: `${title} [{bar}] {percentage}% {step}`,
    stream: output,
    hideCursor: true,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  bar.start(100, 0, { step: '' });
  return { show: (percent, step) => bar.update(percent, { step }), end: () => bar.stop() };
}

function plainLines(title: string, output: NodeJS.WriteStream): Progress {
  let last = '';
  return {
    show(percent, step) {
      if (step === last) return;
      last = step;
      output.write(`${title}: ${step} (${Math.round(percent)} %)\n`);
    },
    end() {},
  };
}
