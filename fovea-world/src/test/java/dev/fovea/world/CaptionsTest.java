package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class CaptionsTest {
    private static final Pattern ITEM = Pattern.compile(
            "row ([123]) column ([123]): (\\w+) (\\w+) (\\w+) (\\w+)(?: with the (?:letter|digit|word) (\\w+))?\\.");

    /** Everything that a full caption says is read back and held against the scene. */
    @RepeatedTest(300)
    void fullCaptionsSayEverythingInReadingOrder(RepetitionInfo trial) {
        long seed = new SplittableRandom(trial.getCurrentRepetition()).nextLong();
        Scene scene = Scenes.generate(seed, SceneOptions.defaults());
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        String caption = Captions.full(scene, picture);
        int n = scene.objects().size();
        assertThat(caption).startsWith(n + (n == 1 ? " object." : " objects."));
        List<String> said = new ArrayList<>();
        Matcher items = ITEM.matcher(caption);
        int last = 0;
        while (items.find()) {
            int cell = 3 * Integer.parseInt(items.group(1)) + Integer.parseInt(items.group(2));
            assertThat(cell).isGreaterThanOrEqualTo(last);
            last = cell;
            said.add(String.join(
                    " ",
                    items.group(1),
                    items.group(2),
                    items.group(3),
                    items.group(4),
                    items.group(5),
                    items.group(6),
                    String.valueOf(items.group(7))));
        }
        List<String> true_ = scene.objects().stream()
                .map(o -> String.join(
                        " ",
                        String.valueOf((int) (3 * picture.centreY(o.index())) + 1),
                        String.valueOf((int) (3 * picture.centreX(o.index())) + 1),
                        o.size().name().toLowerCase(Locale.ROOT),
                        o.texture().name().toLowerCase(Locale.ROOT),
                        o.colour().name().toLowerCase(Locale.ROOT),
                        o.shape().name().toLowerCase(Locale.ROOT),
                        String.valueOf(o.text())))
                .toList();
        assertThat(said).containsExactlyInAnyOrderElementsOf(true_);
    }

    @RepeatedTest(300)
    void briefCaptionsNameEveryColourShapeAndText(RepetitionInfo trial) {
        long seed = new SplittableRandom(trial.getCurrentRepetition()).nextLong();
        Scene scene = Scenes.generate(seed, SceneOptions.defaults());
        String caption = Captions.brief(scene, Renderer.render(scene, Renderer.DEFAULT_SIZE), seed);
        for (SceneObject o : scene.objects()) {
            assertThat(caption).contains(o.shape().word());
            if (o.shape() != Shape.SIGN) {
                assertThat(caption).contains(o.colour().word() + " " + o.shape().word());
            }
            if (o.text() != null) {
                assertThat(caption).contains(" " + o.text());
            }
        }
    }

    @Test
    void briefCaptionsHaveSeveralWordings() {
        Scene scene = Scenes.generate(3, SceneOptions.defaults());
        Picture picture = Renderer.render(scene, Renderer.DEFAULT_SIZE);
        Set<String> openings = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            openings.add(Captions.brief(scene, picture, i).substring(0, 9));
        }
        assertThat(openings).hasSizeGreaterThanOrEqualTo(4);
    }

    /** Whatever the scene's own order, a list goes through the colours, and through the shapes of each. */
    @RepeatedTest(100)
    void listsAreInTheOrderOfColoursAndShapes(RepetitionInfo trial) {
        Scene scene = Scenes.generate(9_000 + trial.getCurrentRepetition(), SceneOptions.defaults());
        List<Mention> mentions = CaptionReader.read(Captions.named(scene));
        List<Integer> ranks = mentions.stream()
                .map(m -> m.shape() == Shape.SIGN
                        ? 1_000
                        : 20 * Colour.ALL.indexOf(m.colour()) + Shape.ALL.indexOf(m.shape()))
                .toList();
        assertThat(ranks).isSorted();
        List<SceneObject> turned = new ArrayList<>(scene.objects());
        java.util.Collections.reverse(turned);
        assertThat(Captions.named(new Scene(1, scene.theme(), scene.background(), turned)))
                .isEqualTo(Captions.named(scene));
    }
}
