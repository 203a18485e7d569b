/** Projects with a build of their own: make, CMake, cargo, go, rake, JMH; and queries in SQL. */
import { filesLike, globsOf, type Project, type Suggestion } from './project.ts';

export function detectNative(project: Project): Suggestion[] {
  return [
    ...detectMake(project),
    ...detectCMake(project),
    ...detectCargo(project),
    ...detectGo(project),
    ...detectRuby(project),
    ...detectJmh(project),
  ];
}

const MEASURING_TARGET = /^((?:check-)?(?:bench(?:mark)?s?|perf|speed)[\w-]*)\s*:(?!=)/gm;

function detectMake(project: Project): Suggestion[] {
  const file = ['Makefile', 'makefile', 'GNUmakefile'].find((name) => project.files.includes(name));
  const targets = [...(file ? (project.read(file) ?? '') : '').matchAll(MEASURING_TARGET)].map((match) => match[1]!);
  return targets.map((target) => ({
    found: `${file}, target "${target}"`,
    command: `make -s ${target}`,
    editable: sourcesOf(project, /\.(?:c|cc|cpp|h|hpp|rs|go|sql)$/),
    isBuiltInPlace: true,
  }));
}

function detectCMake(project: Project): Suggestion[] {
  const program = /add_executable\s*\(\s*(\w*bench\w*)/i.exec(project.read('CMakeLists.txt') ?? '')?.[1];
  if (program === undefined) return [];
  return [
    {
      found: `CMakeLists.txt, program "${program}"`,
      command: `cmake -S . -B /tmp/build -DCMAKE_BUILD_TYPE=Release >/dev/null && cmake --build /tmp/build --target ${program} >/dev/null && "$(find /tmp/build -name ${program} -type f | head -1)"`,
      editable: sourcesOf(project, /\.(?:c|cc|cpp|h|hpp)$/),
    },
  ];
}

function detectCargo(project: Project): Suggestion[] {
  const manifest = project.read('Cargo.toml') ?? '';
  if (!/criterion|\[\[bench\]\]/.test(manifest)) return [];
  return [
    {
      found: 'Cargo.toml, benchmarks',
      command: 'CARGO_TARGET_DIR=/tmp/target cargo bench --offline',
      editable: ['src/**/*.rs'],
      metric: { name: 'seconds', direction: 'minimize', unit: 's', read: { line: 'time', take: 'geomean' } },
      guards: [{ name: 'tests', command: 'CARGO_TARGET_DIR=/tmp/target cargo test --offline --quiet' }],
    },
  ];
}

function detectGo(project: Project): Suggestion[] {
  const benchmarks = filesLike(project, /_test\.go$/).filter((file) =>
    /\bfunc Benchmark/.test(project.read(file) ?? ''),
  );
  if (benchmarks.length === 0) return [];
  return [
    {
      found: `${benchmarks[0]}: benchmarks of go test`,
      command: "GOCACHE=/tmp/go GOFLAGS=-mod=mod go test -run '^$' -bench . ./...",
      editable: globsOf(filesLike(project, /(?<!_test)\.go$/)),
      metric: {
        name: 'seconds',
        direction: 'minimize',
        unit: 's',
        read: { regex: '(?<value>[\\d.]+) (?<unit>ns/op)', take: 'geomean' },
      },
      guards: [{ name: 'tests', command: 'GOCACHE=/tmp/go go test ./...' }],
    },
  ];
}

function detectRuby(project: Project): Suggestion[] {
  const scripts = filesLike(project, /^(?:performance|benchmarks?)\/[\w-]+\.rb$/);
  const hasTask = /\bnamespace :?["']?bench/.test(project.read('Rakefile') ?? '');
  const editable = sourcesOf(project, /^lib\/.*\.rb$/);
  return [
    ...(hasTask ? [{ found: 'Rakefile, benchmark tasks', command: 'rake benchmark:run', editable }] : []),
    ...scripts.map((file) => ({ found: `${file}: a benchmark`, command: `ruby -Ilib ${file}`, editable })),
  ];
}

function detectJmh(project: Project): Suggestion[] {
  const usesJmh = ['build.gradle', 'build.gradle.kts', 'pom.xml'].find((file) => /jmh/i.test(project.read(file) ?? ''));
  if (usesJmh === undefined) return [];
  const command = usesJmh === 'pom.xml' ? 'mvn -o -q verify' : './gradlew --offline jmh';
  return [{ found: `${usesJmh}: JMH`, command, editable: ['src/main/**/*.java'], isBuiltInPlace: true }];
}

/** SQL without a program around it: sqlite runs it, and the time of the whole run counts. */
export function detectSql(project: Project): Suggestion[] {
  const queries = filesLike(project, /\.sql$/);
  const query = queries.find((file) => /quer|bench|report/i.test(file)) ?? queries.at(-1);
  if (query === undefined) return [];
  const before = queries
    .filter((file) => file !== query && /schema|data|init|setup/i.test(file))
    .sort()
    .reverse();
  return [
    {
      found: `${query}: a query for sqlite3`,
      command: `cat ${[...before, query].map((file) => `'${file}'`).join(' ')} | sqlite3 :memory:`,
      editable: [query],
      metric: { name: 'seconds', direction: 'minimize', unit: 's', read: 'cpu_s' },
    },
  ];
}

/** Globs of the sources, without tests and benchmarks. */
function sourcesOf(project: Project, pattern: RegExp): string[] {
  return globsOf(filesLike(project, pattern).filter((file) => !/test|bench/i.test(file)));
}
