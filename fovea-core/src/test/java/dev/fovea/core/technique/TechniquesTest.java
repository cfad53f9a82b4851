package dev.fovea.core.technique;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.path.Decision;
import dev.fovea.core.path.Outcome;
import dev.fovea.core.path.Station;
import dev.fovea.core.path.Step;
import dev.fovea.core.shape.ModelShape;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TechniquesTest {
    private static final ModelShape SHAPE =
            new ModelShape("llava", 4, 4, 14, true, false, 4, 3, 32, 4, 64, false, 4, 48, 4, 4, 12, 64, 384, 512);
    private final List<Budget> spent = new ArrayList<>();

    private final class Recorder implements Technique {
        private final String id;

        Recorder(String id) {
            this.id = id;
        }

        @Override
        public Card card() {
            return Card.of("""
                    id        %s
                    title     A recorder
                    summary   Remembers the budgets it was given.
                    stations  decoder
                    budget    Remembered.
                    full      acts
                    knob      layer = 2, whole 0..40: Where it acts.
                    """.formatted(id));
        }

        @Override
        public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
            spent.add(budget);
            return List.of(new Step(
                    new Station.Decoder(knobs.integer("layer")), List.of(), s -> Outcome.of(new Decision.Unchanged())));
        }
    }

    /** Its card has a mistake. */
    public static final class Broken implements Technique {
        private static final Card CARD = Card.of("""
                id        broken
                title     Broken
                summary   Has an unknown field.
                stations  decoder
                budget    Not read.
                knop      k = 1, 0..2: A knob.
                """);

        @Override
        public Card card() {
            return CARD;
        }

        @Override
        public List<Step> steps(ModelShape shape, Budget budget, Knobs knobs) {
            return List.of();
        }
    }

    @Test
    void aJarWithABrokenCardIsOneSentence(@TempDir Path folder) throws Exception {
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve(Technique.class.getName()), Broken.class.getName());
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader jar = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
            thread.setContextClassLoader(jar);
            assertThatThrownBy(Techniques::installed)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "A technique on the class path cannot be used: The card of technique 'broken' cannot be "
                                    + "read: there is no field 'knop' (did you mean 'knob'?).");
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private final Techniques techniques = Techniques.of(List.of(new Recorder("fastv"), new Recorder("hiprune")));

    @Test
    void specsAreParsed() {
        assertThat(TechniqueSpec.parse("fastv")).isEqualTo(new TechniqueSpec("fastv", Map.of()));
        assertThat(TechniqueSpec.parse("fastv: layer = 3 ,keep=0.5"))
                .isEqualTo(new TechniqueSpec("fastv", Map.of("layer", "3", "keep", "0.5")));
        for (String wrong : List.of("", ":layer=1", "fastv:layer", "fastv:=3", "fastv:layer=", "fastv:layer=1,")) {
            assertThatThrownBy(() -> TechniqueSpec.parse(wrong)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> TechniqueSpec.parse("fastv:layer=1,layer=2")).hasMessageContaining("twice");
    }

    @Test
    void namesKnobsAndCombinationsAreChecked() {
        assertThatThrownBy(() -> techniques.plan(List.of("fastw"), SHAPE, Budget.full(), 1))
                .hasMessageContaining("did you mean 'fastv'?");
        assertThatThrownBy(() -> techniques.plan(List.of("fastv:laier=1"), SHAPE, Budget.full(), 1))
                .hasMessageContaining("did you mean 'layer'?");
        assertThatThrownBy(() -> techniques.plan(List.of("fastv", "hiprune"), SHAPE, Budget.full(), 1))
                .hasMessageContaining("decoder[2]");
        assertThat(techniques
                        .plan(List.of("fastv", "hiprune:layer=3"), SHAPE, Budget.count(8), 1)
                        .technique())
                .isEqualTo("fastv+hiprune");
        assertThatThrownBy(() -> Techniques.of(List.of(new Recorder("x"), new Recorder("x"))))
                .hasMessageContaining("Two techniques are called 'x'");
    }

    @Test
    void budgetsAreChecked() {
        assertThatThrownBy(() -> techniques.plan(List.of("fastv"), SHAPE, Budget.count(17), 1))
                .hasMessageContaining("A budget of 17 is above the 16 visual tokens");
        assertThatThrownBy(() -> techniques.plan(List.of(), SHAPE, Budget.count(4), 1))
                .hasMessageContaining("needs a technique");
        assertThatThrownBy(() -> techniques.plan(List.of("fastv"), SHAPE, Budget.count(1), 2))
                .hasMessageContaining("cannot be divided over 2 images");
        for (String wrong : List.of("0", "-3", "0%", "101%", "-5%", "many", "")) {
            assertThatThrownBy(() -> Budget.parse(wrong))
                    .as(wrong)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("budget");
        }
        techniques.plan(List.of("fastv"), SHAPE, Budget.count(25), 2);
        techniques.plan(List.of("fastv"), SHAPE, Budget.share(0.25), 2);
        assertThat(spent).containsExactly(Budget.count(12), Budget.share(0.25));
    }
}
