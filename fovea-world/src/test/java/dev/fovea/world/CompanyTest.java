package dev.fovea.world;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CompanyTest {
    private static final SceneOptions OPTIONS = SceneOptions.defaults();
    private static final Company COMPANY = Company.of(OPTIONS, 0, 100_000);

    /** What is counted over casts is what is seen in scenes. */
    @Test
    void sharesAreThoseOfScenes() {
        Kind sign = new Kind(Colour.WHITE, Shape.SIGN);
        int scenes = 1_500;
        int signs = 0;
        int popular = 0;
        Set<Kind> frequent = new HashSet<>(COMPANY.popular(List.of()).subList(1, 21));
        int kinds = 0;
        for (int seed = 0; seed < scenes; seed++) {
            List<Kind> there = Kind.of(Scenes.generate(50_000 + seed, OPTIONS));
            signs += there.contains(sign) ? 1 : 0;
            for (Kind kind : there) {
                popular += frequent.contains(kind) ? 1 : 0;
                kinds += kind.equals(sign) ? 0 : 1;
            }
        }
        assertThat((double) signs / scenes).isCloseTo(COMPANY.share(sign), within(0.04));
        double expected = frequent.stream().mapToDouble(COMPANY::share).sum();
        double all = Kind.ALL.stream().mapToDouble(COMPANY::share).sum() - COMPANY.share(sign);
        assertThat((double) popular / kinds).isCloseTo(expected / all, within(0.04));
    }

    /** The generator makes some combinations more frequent; counting finds them, and nobody has to say which. */
    @Test
    void theMostPopularAreThoseThatTheGeneratorPrefers() {
        List<Kind> popular = COMPANY.popular(List.of());
        assertThat(popular.getFirst()).as("a fifth of all scenes").isEqualTo(new Kind(Colour.WHITE, Shape.SIGN));
        List<Kind> preferred = Casting.POPULAR.stream()
                .map(role -> new Kind(role.colour(), role.shape()))
                .toList();
        assertThat(popular.subList(1, 21)).containsExactlyInAnyOrderElementsOf(preferred);
        assertThat(popular).hasSize(101);
    }

    /** Groups share a shape or a colour, so what is absent and most often seen with a thing does as well. */
    @Test
    void companionsShareAShapeOrAColour() {
        Kind star = new Kind(Colour.RED, Shape.STAR);
        List<Kind> companions = COMPANY.companions(List.of(star));
        assertThat(companions).hasSize(100).doesNotContain(star);
        long alike = companions.subList(1, 9).stream()
                .filter(k -> k.colour() == star.colour() || k.shape() == star.shape())
                .count();
        assertThat(alike).isGreaterThanOrEqualTo(7);
        assertThat(COMPANY.share(star, companions.get(1))).isGreaterThan(COMPANY.share(star, companions.getLast()));
        assertThat(COMPANY.share(star, companions.getFirst())).isEqualTo(COMPANY.share(companions.getFirst(), star));
    }

    @Test
    void aSeedGivesTheSameCounts() {
        Company one = Company.of(OPTIONS, 7, 500);
        Company again = Company.of(OPTIONS, 7, 500);
        assertThat(again.popular(List.of())).isEqualTo(one.popular(List.of()));
        assertThatThrownBy(() -> Company.of(OPTIONS, 7, 0)).hasMessageContaining("at least 1 scene");
        assertThatThrownBy(() -> new Kind(Colour.RED, Shape.SIGN)).hasMessageContaining("A sign is white, not red");
        assertThat(Kind.ALL).hasSize(101).doesNotHaveDuplicates();
        assertThat(new Kind(Colour.ORANGE, Shape.STAR).withArticle()).isEqualTo("an orange star");
        assertThat(new Kind(Colour.WHITE, Shape.SIGN).withArticle()).isEqualTo("a sign");
    }
}
