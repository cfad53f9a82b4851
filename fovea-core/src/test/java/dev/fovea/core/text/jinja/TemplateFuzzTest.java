package dev.fovea.core.text.jinja;

import dev.fovea.core.Fuzzing;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Templates grown from a grammar: each renders or is refused in a sentence, soon and in a small heap. */
@Tag("fuzz")
class TemplateFuzzTest {
    private static final Map<String, Object> VARIABLES = Map.of(
            "messages",
            List.of(
                    Map.of(
                            "role",
                            "user",
                            "content",
                            List.of(Map.of("type", "image"), Map.of("type", "text", "text", "Hi"))),
                    Map.of("role", "assistant", "content", "Héllo\n世界 😀")),
            "message",
            Map.of("role", "system", "content", "Be brief."),
            "s",
            "The quick ß <brown> fox. ".repeat(40),
            "n",
            7,
            "l",
            List.of(3, 1, 2),
            "d",
            Map.of("k", "v", "q", List.of(1.5, true)));

    @Test
    void grownTemplatesEndSoon() {
        Fuzzing.run(
                "templates",
                10_000,
                TemplateException.class::isInstance,
                random -> Template.parse(new TemplateGrammar(random).template()).render(VARIABLES, Clock.systemUTC()));
    }
}
