/** The accelerators of this machine: asks the tools of their makers. */
import { type Gpu, parseAmd, parseNvidia, withSlices } from '../base/gpus.ts';
import { captureSync } from './spawn.ts';

const NVIDIA_FIELDS = ['--query-gpu=index,name,memory.total,power.limit,uuid', '--format=csv,noheader,nounits'];
const AMD_FIELDS = ['--showproductname', '--showmeminfo', 'vram', '--showmaxpower', '--json'];
const TOOL_TIMEOUT_MS = 5000;

/** NVIDIA's where there are any, else AMD's. Empty where no tool answers. */
export function listGpus(): readonly Gpu[] {
  const nvidia = parseNvidia(askTool('nvidia-smi', NVIDIA_FIELDS));
  return nvidia.length > 0
    ? withSlices(nvidia, askTool('nvidia-smi', ['-L']))
    : parseAmd(askTool('rocm-smi', AMD_FIELDS));
}

/** Its standard output; nothing where the tool is missing, fails or hangs. */
function askTool(program: string, args: readonly string[]): string {
  const { status, stdout } = captureSync(program, args, { timeoutMs: TOOL_TIMEOUT_MS });
  return status === 0 ? stdout : '';
}
