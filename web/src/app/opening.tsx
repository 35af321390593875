export function Opening() {
  return (
    <main className="pf-door" aria-busy="true">
      <p className="pf-door__wait">Opening your mail…</p>
    </main>
  );
}
