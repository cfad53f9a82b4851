package dev.fovea.core.technique;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.shape.ModelShape;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DepthTest {
    private static final Card CARD = Card.of("""
            id        depths
            title     Depths of every kind
            summary   For tests.
            stations  decoder
            budget    Not read.
            knob      k = 2/32 decoder layers: Layers that have run.
            knob      from = 2/32 decoder layers from 0: A layer.
            knob      layer = 9/24 encoder layers: A layer.
            knob      block = 9/12 feature layers from 0: A block.
            knob      deep = auto encoder layers: A layer.
            knob      l1 = 8/32 decoder layers: First.
            knob      l2 = 16/32 decoder layers: Second.
            knob      l3 = 24/32 decoder layers: Third.
            """);

    private static ModelShape shape(int encoder, int features, int decoder) {
        return new ModelShape(
                "llava", 4, 4, 14, true, false, encoder, features, 32, 4, 64, false, decoder, 48, 4, 4, 12, 64, 384,
                512);
    }

    private static Knobs knobs(String... set) {
        Map<String, String> values = new java.util.LinkedHashMap<>();
        for (int i = 0; i < set.length; i += 2) {
            values.put(set[i], set[i + 1]);
        }
        return Knobs.of(CARD, values);
    }

    @Test
    void publishedLayersAtPublishedDepth() {
        for (int layer = 1; layer <= 32; layer++) {
            assertThat(Depth.scaled(layer, 32, 32)).isEqualTo(layer);
            assertThat(Depth.scaled(layer, 32, 64)).isEqualTo(2 * layer);
        }
        Knobs defaults = knobs();
        ModelShape published = shape(24, 23, 32);
        assertThat(defaults.layer("k", published)).isEqualTo(2);
        assertThat(defaults.layer("from", published)).isEqualTo(2);
        assertThat(defaults.layer("layer", published)).isEqualTo(9);
        assertThat(defaults.layers(published, "l1", "l2", "l3")).containsExactly(8, 16, 24);
        assertThat(defaults.layer("block", shape(12, 11, 32))).isEqualTo(9);
        assertThat(defaults.layer("deep", published, 23)).isEqualTo(23);
    }

    @Test
    void staysInside() {
        for (int depth = 1; depth <= 80; depth++) {
            for (int layer = 1; layer <= 32; layer++) {
                assertThat(Depth.scaled(layer, 32, depth)).isBetween(1, depth);
            }
            for (int published = 1; depth > 1 && published < 32; published++) {
                assertThat(knobs("k", published + "/32").layer("k", shape(24, 23, depth)))
                        .isBetween(1, depth - 1);
            }
        }
    }

    @Test
    void roundsHalfUp() {
        assertThat(Depth.scaled(8, 32, 6)).isEqualTo(2);
        assertThat(Depth.scaled(9, 24, 6)).isEqualTo(2);
        assertThat(Depth.scaled(2, 32, 4)).isEqualTo(1);
    }

    @Test
    void severalKeepApartInShallowModels() {
        assertThat(knobs().layers(shape(6, 5, 4), "l1", "l2", "l3")).containsExactly(1, 2, 3);
        assertThat(knobs("l1", "2").layers(shape(6, 5, 6), "l1", "l2", "l3")).containsExactly(2, 3, 5);
        assertThatThrownBy(() -> knobs().layers(shape(6, 5, 3), "l1", "l2", "l3"))
                .hasMessage("Technique 'depths' needs at least 4 decoder layers for l1, l2, l3; this model has 3.");
        assertThatThrownBy(() -> knobs("l2", "1").layers(shape(6, 5, 32), "l1", "l2", "l3"))
                .hasMessage("Technique 'depths' needs l1 < l2 < l3, got l1=8 and l2=1.");
        assertThatThrownBy(() -> knobs().layer("k", shape(6, 5, 1)))
                .hasMessage("Technique 'depths' needs at least 2 decoder layers for k; this model has 1.");
    }

    @Test
    void layersTheModelLacksAreRefused() {
        assertThatThrownBy(() -> knobs("k", "6").layer("k", shape(6, 5, 6)))
                .hasMessage(
                        "Knob 'k' of technique 'depths' must be in 1..5 for this model, which has 6 decoder layers, "
                                + "got 6.");
        assertThatThrownBy(() -> knobs("layer", "7").layer("layer", shape(6, 5, 6)))
                .hasMessageContaining("must be in 1..6 for this model, which has 6 encoder layers, got 7");
        assertThatThrownBy(() -> knobs("block", "5").layer("block", shape(6, 5, 6)))
                .hasMessageContaining("must be in 0..4 for this model, which has 5 feature layers, got 5");
        assertThat(knobs("from", "0").layer("from", shape(6, 5, 6))).isZero();
    }

    @Test
    void valuesAreLayersOrLayersOfAnotherDepth() {
        assertThat(knobs("k", "8/32").layer("k", shape(6, 5, 16))).isEqualTo(4);
        assertThat(knobs("k", "auto").layer("k", shape(6, 5, 32))).isEqualTo(2);
        assertThat(knobs("k", "auto").isAuto("k")).isTrue();
        assertThat(knobs("k", "3").isAuto("k")).isFalse();
        for (String wrong :
                new String[] {"0", "-1", "1.5", "2/0", "33/32", "32/32", "0x2", "\u0663", "1001", "", "two"}) {
            assertThatThrownBy(() -> knobs("k", wrong))
                    .as(wrong)
                    .hasMessage("Knob 'k' of technique 'depths' must be in 1..L-1 of L decoder layers, or a layer of "
                            + "another depth such as 2/32, got '" + wrong + "'.");
        }
    }
}
