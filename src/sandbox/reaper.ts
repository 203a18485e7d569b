/**
 * A parent that nobody of a run can leave: the kernel gives it every process whose own parent has ended, whatever that
 * process did to its group, session and environment. It ends all of them before it ends itself. For plain processes
 * without control groups; needs perl, which can make the one system call. Not covered: a program that kills it (which
 * ends the run as killed).
 */
import { findProgram } from './launch.ts';

/** Numbers of prctl by the name of Node for the processor. */
const PRCTL_NUMBERS: Readonly<Record<string, number | undefined>> = { x64: 157, arm64: 167 };
/** Where the reaper says how many processes the main one left. */
export const REAPER_FD = 3;

const REAPER_PROGRAM = `
my $number = shift;
syscall($number, 36, 1, 0, 0, 0) == 0 or exec @ARGV; # PR_SET_CHILD_SUBREAPER
open(my $report, '>&=', ${REAPER_FD}) or exec @ARGV;
my $main = fork;
defined $main or exit 125;
if (!$main) { close $report; setpgrp(0, 0); exec @ARGV; exit 127 }
my $stopped = 0;
$SIG{TERM} = sub { $stopped = 1; kill 9, -$main, $main };
$SIG{$_} = 'IGNORE' for qw(INT HUP QUIT);
my $status;
until (defined $status) {
  my $ended = waitpid(-1, 0);
  if ($ended == $main) { $status = $? } elsif ($ended < 0 && !$stopped) { $status = 0 }
}
sub children {
  my @children;
  opendir(my $folder, '/proc') or return;
  for my $pid (grep /^\\d+$/, readdir $folder) {
    open(my $file, '<', "/proc/$pid/stat") or next;
    my $line = <$file> // '';
    push @children, $pid if $line =~ /.*\\) ([^ZX]) (\\d+)/s && $2 == $$;
  }
  return @children;
}
my @left = children();
syswrite $report, scalar(@left);
for (1 .. 2000) {
  my @alive = children() or last;
  kill 9, @alive;
  1 while waitpid(-1, 1) > 0;
  select undef, undef, undef, 0.002;
}
exit($status & 127 ? 128 + ($status & 127) : $status >> 8);
`;

/** The words before a command that put it below a reaper; none where there can be no reaper. */
export function reaperArgs(): readonly string[] {
  const perl = findProgram('perl');
  const prctlNumber = PRCTL_NUMBERS[process.arch];
  if (process.platform !== 'linux' || perl === undefined || prctlNumber === undefined) return [];
  return [perl, '-e', REAPER_PROGRAM, String(prctlNumber)];
}
