/** Light, dark, or as the system has it: kept in the browser. */
import { useEffect, useState } from 'preact/hooks';

type Scheme = 'auto' | 'light' | 'dark';
const SCHEME_SIGNS: Readonly<Record<Scheme, string>> = { auto: '◐', light: '○', dark: '●' };

export function ThemeButton() {
  const [scheme, setScheme] = useState<Scheme>((localStorage.getItem('theme') as Scheme | null) ?? 'auto');
  useEffect(() => {
    localStorage.setItem('theme', scheme);
    document.documentElement.style.colorScheme = scheme === 'auto' ? '' : scheme;
  }, [scheme]);
  const nextScheme: Scheme = scheme === 'auto' ? 'dark' : scheme === 'dark' ? 'light' : 'auto';
  return (
    <button
      type="button"
      aria-label={`Colours: ${scheme}`}
      title={`Colours: ${scheme}`}
      onClick={() => setScheme(nextScheme)}
    >
      {SCHEME_SIGNS[scheme]}
    </button>
  );
}
