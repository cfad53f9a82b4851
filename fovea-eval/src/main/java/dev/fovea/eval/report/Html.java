package dev.fovea.eval.report;

import java.util.List;
import java.util.Locale;

/** Writes one self-contained page. */
public final class Html {
    private static final String STYLE = """
            :root{color-scheme:light;--ink:#1b1b1b;--soft:#5b5b5b;--line:#d9d9d9;--tint:#f5f6f8;--accent:#0072b2}
            *{box-sizing:border-box}
            body{margin:0;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:var(--ink);background:#fff}
            main{max-width:1180px;margin:0 auto;padding:20px 16px 48px}
            h1{font-size:1.6rem;line-height:1.25;margin:0 0 4px}
            h2{font-size:1.2rem;margin:36px 0 8px}
            h3{font-size:1rem;margin:16px 0 6px}
            p{margin:6px 0;max-width:75ch}
            .lead,.note{color:var(--soft)}
            .note{font-size:.875rem}
            .wide{overflow-x:auto;-webkit-overflow-scrolling:touch;max-width:100%}
            table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
            th,td{padding:5px 9px;border-bottom:1px solid var(--line);text-align:right;vertical-align:top;white-space:nowrap}
            th{background:var(--tint);font-weight:600;white-space:normal;vertical-align:bottom}
            td:first-child,th:first-child{text-align:left;position:sticky;left:0;background:#fff}
            th:first-child{background:var(--tint)}
            td.text,th.text{text-align:left;white-space:normal;min-width:14ch;overflow-wrap:anywhere}
            tr.base td{font-weight:600}
            table.heat td{text-align:center;border:2px solid #fff;padding:4px 6px;min-width:44px}
            table.heat td:first-child{text-align:left}
            table.heat thead th{text-align:center;vertical-align:bottom}
            table.heat thead th span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:9em}
            .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:20px}
            .panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:14px 12px}
            .panels figcaption{font-size:.8125rem;overflow-wrap:anywhere}
            .narrow{display:none}
            figure{margin:0}
            figcaption{font-weight:600;font-size:.95rem;margin-bottom:4px}
            svg{width:100%;height:auto;display:block}
            .legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:.875rem;margin:10px 0}
            .legend span{display:inline-flex;align-items:center;gap:6px}
            .legend svg{width:34px;height:14px;flex:none}
            .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:18px}
            .card{border:1px solid var(--line);border-radius:8px;padding:12px}
            .card img{width:100%;height:auto;display:block;border-radius:4px}
            .card p{margin:6px 0 0;font-size:.875rem}
            .answer{font-size:1.05rem;overflow-wrap:anywhere}
            .yes{color:#006644;font-weight:600}.no{color:#a33b00;font-weight:600}
            .places{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:14px 18px}
            .places figcaption{font-size:.875rem;overflow-wrap:anywhere}
            h4{font-size:.95rem;margin:20px 0 2px}h4 .tally{font-weight:400;color:var(--soft);white-space:nowrap}
            ul.note{margin:6px 0;padding-left:1.3em;max-width:90ch}
            .findings .verdict{text-align:left}
            .findings .verdict b{display:inline-block;min-width:1.1em}
            .findings td{vertical-align:middle}
            .findings td:first-child,.findings th:first-child{position:static;white-space:normal;min-width:22ch;max-width:52ch}
            .against{color:var(--soft)}
            .held{color:#00568a}.failed{color:#a33b00;font-weight:600}.open{color:#555}
            td.mark,th.mark{width:162px;text-align:center}td.mark svg{width:150px}
            code,pre{font:.85rem/1.45 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace}
            pre{background:var(--tint);padding:10px 12px;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;margin:6px 0}
            img.scene{max-width:min(100%,336px);height:auto;border-radius:6px;image-rendering:auto}
            @media(max-width:520px){body{font-size:15px}main{padding:14px 12px 36px}h1{font-size:1.35rem}th,td{padding:4px 6px}
            td:first-child,th:first-child{white-space:normal;min-width:118px;max-width:132px;overflow-wrap:break-word}
            table.heat td{min-width:24px;padding:3px 1px;font-size:11px;border-width:1px}
            table.heat thead th{padding:4px 1px;font-size:11px}
            td.mark,th.mark{display:none}
            .findings{width:100%}.findings .verdict{white-space:normal}
            .findings td:first-child,.findings th:first-child{min-width:0;max-width:none;overflow-wrap:break-word}
            .places{grid-template-columns:repeat(2,1fr);gap:12px}
            .narrow{display:block}.panels{grid-template-columns:repeat(2,1fr)}}
            """;

    private final StringBuilder out = new StringBuilder();

    private Html() {}

    /** Begins a page. */
    public static Html page(String title) {
        Html html = new Html();
        html.out
                .append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>")
                .append(escape(title))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style>\n</head>\n<body>\n<main>\n");
        return html.element("h1", "", title);
    }

    /** Markup as it is. */
    public Html raw(String markup) {
        out.append(markup);
        return this;
    }

    /** An element of one text. */
    public Html element(String tag, String cssClass, String text) {
        out.append('<').append(tag);
        if (!cssClass.isEmpty()) {
            out.append(" class=\"").append(cssClass).append('"');
        }
        out.append('>').append(escape(text)).append("</").append(tag).append(">\n");
        return this;
    }

    public Html heading(String text) {
        return element("h2", "", text);
    }

    public Html paragraph(String text) {
        return element("p", "", text);
    }

    public Html note(String text) {
        return element("p", "note", text);
    }

    /**
     * A table that scrolls sideways where it must.
     *
     * @param text which columns hold words that may wrap
     * @param base number of rows at the top to stress
     */
    public Html table(List<String> header, List<List<String>> rows, List<Integer> text, int base) {
        out.append("<p class=\"note narrow\">The table scrolls sideways.</p>\n<div class=\"wide\"><table><thead><tr>");
        for (int c = 0; c < header.size(); c++) {
            cell("th", text.contains(c), header.get(c));
        }
        out.append("</tr></thead><tbody>\n");
        for (int r = 0; r < rows.size(); r++) {
            out.append(r < base ? "<tr class=\"base\">" : "<tr>");
            for (int c = 0; c < rows.get(r).size(); c++) {
                cell("td", text.contains(c), rows.get(r).get(c));
            }
            out.append("</tr>\n");
        }
        out.append("</tbody></table></div>\n");
        return this;
    }

    private void cell(String tag, boolean text, String value) {
        out.append('<').append(tag).append(text ? " class=\"text\">" : ">").append(escape(value));
        out.append("</").append(tag).append('>');
    }

    /** The finished page. */
    public String end() {
        return out + "</main>\n</body>\n</html>\n";
    }

    /** A text as markup. */
    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /** A number with so many decimals; a dash for none. */
    public static String number(double value, int decimals) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%,." + decimals + "f", value) : "–";
    }

    /** A share in percent with one decimal. */
    public static String percent(double share) {
        return Double.isFinite(share) ? number(100 * share, 1) + " %" : "–";
    }

    /** As {@link #metric(double)}. */
    public static String metric(long value) {
        return metric((double) value);
    }

    /** A count with a prefix of thousands: {@code 8.50 T}. */
    public static String metric(double value) {
        String[] prefixes = {"", " k", " M", " G", " T", " P"};
        double v = value;
        int p = 0;
        while (Math.abs(v) >= 1000 && p < prefixes.length - 1) {
            v /= 1000;
            p++;
        }
        return Double.isFinite(v) ? number(v, p == 0 ? 0 : 2) + prefixes[p] : "–";
    }
}
