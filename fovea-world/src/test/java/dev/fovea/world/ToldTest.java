package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToldTest {
    /** Two red stars, a blue star and a sign. */
    private static final Scene SCENE = scene(
            new Kind(Colour.RED, Shape.STAR),
            new Kind(Colour.RED, Shape.STAR),
            new Kind(Colour.BLUE, Shape.STAR),
            new Kind(Colour.WHITE, Shape.SIGN));

    private static Scene scene(Kind... kinds) {
        Scene any = Scenes.generate(1, SceneOptions.defaults());
        SceneObject o = any.objects().getFirst();
        List<SceneObject> objects = new ArrayList<>();
        for (Kind kind : kinds) {
            objects.add(new SceneObject(
                    objects.size(),
                    kind.shape(),
                    kind.colour(),
                    o.size(),
                    o.texture(),
                    kind.shape() == Shape.SIGN ? "STOP" : null,
                    o.cx(),
                    o.cy(),
                    o.radius(),
                    o.angle(),
                    o.rgb()));
        }
        return new Scene(1, Theme.FREE, any.background(), objects);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "two red stars, a blue star and a sign | FOUND FOUND FOUND FOUND | 4",
                "a red star | FOUND | 1",
                "three red stars | FOUND FOUND SURPLUS | 2",
                "a green star and a red ring | INVENTED INVENTED | 0",
                "two green stars | INVENTED INVENTED | 0",
                "four stars | FOUND FOUND FOUND SURPLUS | 3",
                "a star, two red stars and a blue star | SURPLUS FOUND FOUND FOUND | 3",
                "a star and a blue star | FOUND FOUND | 2",
                "two red objects | FOUND FOUND | 0",
                "three red ones and a pink one | FOUND FOUND SURPLUS INVENTED | 0",
                "a white sign and a red sign | FOUND INVENTED | 1",
                "a grey star | INVENTED | 0",
                "no ring, and no red star | '' | 0",
                "There is a red star. The red star is large. | FOUND | 1",
            })
    void everyObjectThatIsNamedIsJudged(String caption, String truths, int found) {
        Told told = Told.of(SCENE, caption);
        assertThat(told.things().stream().map(t -> t.truth().name()).collect(Collectors.joining(" ")))
                .isEqualTo(truths);
        assertThat(told.found()).isEqualTo(found);
        assertThat(told.objects()).isEqualTo(4);
        assertThat(told.things()).allSatisfy(t -> assertThat(t.place()).isBetween(0.0, 1.0));
    }

    @Test
    void placesRiseWithTheText() {
        Told told = Told.of(SCENE, "a red star and, at the far end, a green ring");
        assertThat(told.things().getFirst().place()).isLessThan(0.3);
        assertThat(told.things().getLast().place()).isGreaterThan(0.8);
        assertThat(Told.of(SCENE, "").things()).isEmpty();
        assertThat(Told.of(SCENE, "999 stars").things()).hasSize(20);
    }
}
