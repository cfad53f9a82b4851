package dev.fovea.core.text.jinja;

import java.time.Clock;
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
        try {
            List<Node> nodes = Parser.parse(source);
            Checks.check(nodes);
            return new Template(nodes);
        } catch (StackOverflowError e) {
            // The limits of nesting keep away from it on stacks of usual size; a thread may have a smaller one.
            throw new TemplateException("blocks and expressions are nested too deeply");
        }
    }

    /**
     * The text for these values: null, booleans, numbers, texts, and lists and maps of them.
     *
     * @param clock what {@code strftime_now} asks for the time
     * @throws TemplateException if the template refuses the values, fails on them or runs for too long
     */
    public String render(Map<String, ?> variables, Clock clock) {
        Context context = new Context();
        Map<String, @Nullable Object> all = Globals.all(clock, context);
        Limits given = new Context().limits;
        variables.forEach((name, value) -> all.put(name, Values.fromJava(value, given)));
        try {
            return new Evaluator(context, all).render(nodes);
        } catch (StackOverflowError e) {
            throw new TemplateException("blocks and calls are nested too deeply");
        }
    }
}
