/** The commands for the result: compare it, take it, check it. */
import { type CommandSpec, defineCommand } from '../command.ts';
import { AUDIT_OPTIONS, EXPORT_OPTIONS, LAB_OPTIONS, REPORT_OPTIONS, TAKE_OPTIONS } from '../options.ts';
import { interruptedExit, optionalExperiment, successExit } from './shared.ts';

export const RESULT_COMMANDS: readonly CommandSpec[] = [
  defineCommand({
    name: 'finalize',
    group: 'Take the result',
    short: 'drop what does not help, compare with the baseline',
    summary: 'drop steps that do not help, and compare the rest with the baseline in five pairs',
    options: LAB_OPTIONS,
    examples: [['overnight finalize', 'after a run that made steps']],
    exits: [successExit, ['6', 'one of the two could not be measured'], interruptedExit],
    loadMain: () => import('../finalize.ts'),
  }),
  defineCommand({
    name: 'report',
    group: 'Take the result',
    short: 'write the report: Markdown, HTML and a picture',
    summary: 'write the report: Markdown, HTML, SVG, and PNG if a Chromium is installed',
    options: REPORT_OPTIONS,
    examples: [['overnight report', 'prints where the files are']],
    exits: [successExit],
    loadMain: () => import('../report.ts'),
  }),
  defineCommand({
    name: 'diff',
    group: 'Take the result',
    short: 'all steps, as a diff against the baseline',
    args: [optionalExperiment, { ...optionalExperiment, name: 'other' }],
    summary:
      'without numbers all steps to the best, against the baseline; with one number that experiment against its parent; with two numbers the second against the first',
    options: LAB_OPTIONS,
    examples: [
      ['overnight diff', 'all steps to the best'],
      ['overnight diff 1', 'what #1 changed in its parent'],
      ['overnight diff 0 1', '#1 against the baseline'],
    ],
    exits: [successExit],
    loadMain: () => import('../diff.ts'),
  }),
  defineCommand({
    name: 'take',
    group: 'Take the result',
    short: 'the steps to the best, as a branch of your repository',
    summary:
      'put the steps to the best on a new branch of your repository, or into patches; your checkout is not touched',
    options: TAKE_OPTIONS,
    examples: [
      ['overnight take', 'the branch overnight-TAG; outside a repository, patches'],
      ['overnight take --branch faster', 'a branch of this name'],
    ],
    exits: [successExit],
    loadMain: () => import('../take.ts'),
  }),
  defineCommand({
    name: 'export',
    group: 'Take the result',
    summary: 'every experiment as CSV, JSON Lines, or results.tsv with the columns of karpathy/autoresearch',
    options: EXPORT_OPTIONS,
    examples: [
      ['overnight export', 'CSV on standard output'],
      ['overnight export --format tsv', 'results.tsv on standard output'],
    ],
    exits: [successExit],
    loadMain: () => import('../export.ts'),
  }),
  defineCommand({
    name: 'audit',
    group: 'Take the result',
    short: 'derive every verdict again from the record',
    summary: 'derive the whole lab again from its ledger and name the first difference',
    options: AUDIT_OPTIONS,
    examples: [
      ['overnight audit', ''],
      ['overnight audit --tip 3f9a0c41d2e7', 'does the record still go through the tip that I kept?'],
    ],
    exits: [
      ['0', 'no difference; checks marked with – were skipped, for the reason given'],
      ['4', 'a difference'],
    ],
    loadMain: () => import('../audit.ts'),
  }),
];
