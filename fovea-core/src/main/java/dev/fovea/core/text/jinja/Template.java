package dev.fovea.core.text.jinja;

import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A parsed template, ready to be rendered any number of times by any number of threads. */
public final class Template {
    private static final int MAX_LENGTH = 500_000;

    private final List<Node> nodes;

    private Template(List<Node> nodes) {
        this.nodes = nodes;
    }

    /**
     * Parses a template.
     *
     * @throws TemplateException if it is not well formed or uses what is not known, naming the line
     */
    public static Template parse(String source) {
        if (source.length() > MAX_LENGTH) {
            throw new TemplateException("a template of " + source.length() + " characters is too long");
        }
        return new Template(Parser.parse(source));
    }

    /**
     * The text for these values: null, booleans, numbers, texts, and lists and maps of them.
     *
     * @param clock what {@code strftime_now} asks for the time
     * @throws TemplateException if the template refuses the values, fails on them or runs for too long
     */
    public String render(Map<String, ?> variables, Clock clock) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>(Globals.all(clock));
        variables.forEach((name, value) -> all.put(name, Values.fromJava(value)));
        try {
            return new Evaluator(all).render(nodes);
        } catch (ArithmeticException e) {
            throw new TemplateException("a whole number became too large");
        } catch (StackOverflowError e) {
            throw new TemplateException("blocks and calls are nested too deeply");
        }
    }
}
