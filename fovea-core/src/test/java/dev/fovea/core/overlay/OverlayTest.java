package dev.fovea.core.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fovea.core.image.Geometry;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.path.Ledger;
import dev.fovea.core.path.Part;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OverlayTest {
    private static final int GRID = 4;

    @TempDir
    Path folder;

    @Test
    void keptPatchesKeepTheirColoursAndDroppedOnesTurnGreyAndDark() {
        RgbImage picture = RgbImage.filled(640, 640, 200, 80, 40);
        BufferedImage overlay =
                Overlay.draw(picture, square(640), 14, ledger(cell -> cell == 5), 0, Overlay.Style.TOKENS);
        assertThat(middle(overlay, 640, 1, 1)).isEqualTo(0xC85028);
        int gone = middle(overlay, 640, 2, 3);
        assertThat(gone >> 16 & 255).isEqualTo(gone >> 8 & 255).isEqualTo(gone & 255);
        assertThat(gone & 255).isBetween(20, 80);
    }

    @Test
    void droppedPatchesStillShowWhatWasThere() {
        RgbImage picture = RgbImage.filled(640, 640, 230, 230, 230);
        for (int y = 0; y < 640; y++) {
            for (int x = 0; x < 3 * 320; x++) {
                picture.rgb()[3 * 640 * y + x] = 20;
            }
        }
        BufferedImage overlay = Overlay.draw(picture, square(640), 14, ledger(cell -> false), 0, Overlay.Style.TOKENS);
        assertThat((overlay.getRGB(600, 300) & 255) - (overlay.getRGB(40, 300) & 255))
                .isGreaterThan(60);
    }

    @ParameterizedTest
    @ValueSource(ints = {336, 4000})
    void linesGrowWithThePicture(int size) {
        RgbImage picture = RgbImage.filled(size, size, 90, 90, 90);
        BufferedImage overlay =
                Overlay.draw(picture, square(size), 14, ledger(cell -> cell == 5), 0, Overlay.Style.TOKENS);
        int y = overlay.getWidth() * 3 / 8;
        int white = 0;
        for (int x = 0; x < overlay.getWidth() / 2; x++) {
            white += (overlay.getRGB(x, y) & 0xFFFFFF) == 0xFFFFFF ? 1 : 0;
        }
        // Both sides of one outline: two pixels each at 672, twelve or thirteen at 4,000.
        assertThat(white).isBetween(2 * (overlay.getWidth() / 330), 2 * (overlay.getWidth() / 300));
    }

    @Test
    void smallPicturesAreEnlargedAndHugeOnesReduced() {
        Ledger ledger = ledger(cell -> true);
        assertThat(Overlay.draw(RgbImage.filled(56, 56, 1, 2, 3), square(56), 14, ledger, 0, Overlay.Style.TOKENS)
                        .getWidth())
                .isEqualTo(672);
        assertThat(Overlay.draw(RgbImage.filled(8200, 41, 1, 2, 3), flat(8200, 41), 14, ledger, 0, Overlay.Style.HEAT)
                        .getWidth())
                .isEqualTo(4096);
    }

    @Test
    void whatTheCropLeftOutIsDarkerThanWhatWasDropped() {
        Geometry crop = new Geometry(1000, 640, 56, 56, 640 / 56.0, 640 / 56.0, 16, 0, 0, 0);
        BufferedImage overlay = Overlay.draw(
                RgbImage.filled(1000, 640, 255, 255, 255), crop, 14, ledger(cell -> false), 0, Overlay.Style.TOKENS);
        int unseen = overlay.getRGB(20, 300) & 255;
        int dropped = overlay.getRGB(500, 300) & 255;
        assertThat(unseen).isLessThan(dropped - 20);
        assertThat(unseen).isPositive();
    }

    @Test
    void mergedGroupsHaveOutlinesOfTheirOwnColour() {
        List<Ledger.Group> groups = new ArrayList<>();
        for (int g = 0; g < 4; g++) {
            int first = (g / 2) * 8 + (g % 2) * 2;
            groups.add(group(first, first + 1, first + 4, first + 5));
        }
        Ledger ledger =
                new Ledger(List.of(new Ledger.Grid(GRID, GRID)), tokens(cell -> true), groups, List.of(), List.of());
        BufferedImage overlay = Overlay.draw(
                RgbImage.filled(640, 640, 128, 128, 128), square(640), 14, ledger, 0, Overlay.Style.TOKENS);
        Set<Integer> pens = Set.of(
                overlay.getRGB(0, 100), overlay.getRGB(639, 100), overlay.getRGB(0, 500), overlay.getRGB(639, 500));
        assertThat(pens).hasSize(4);
        // Inside a group nothing is drawn between its patches.
        assertThat(overlay.getRGB(160, 100) & 0xFFFFFF).isEqualTo(0x808080);
    }

    @Test
    void theHeatMapOrdersPatchesByScore() {
        BufferedImage overlay = Overlay.draw(
                RgbImage.filled(640, 640, 128, 128, 128),
                square(640),
                14,
                ledger(cell -> cell > 7),
                0,
                Overlay.Style.HEAT);
        double previous = -1;
        for (int cell = 0; cell < GRID * GRID; cell++) {
            int rgb = middle(overlay, 640, cell / GRID, cell % GRID);
            double luma = 0.2126 * (rgb >> 16 & 255) + 0.7152 * (rgb >> 8 & 255) + 0.0722 * (rgb & 255);
            assertThat(luma).isGreaterThan(previous);
            previous = luma;
        }
    }

    /** Two tiles of two by two tokens each beside each other, and an overview below. */
    @Test
    void tilesLieOnOneCanvasAndTheOverviewBelow() {
        List<Ledger.Grid> grids = List.of(
                new Ledger.Grid(2, 2, 0, new Part.Tile(0, 0), 2),
                new Ledger.Grid(2, 2, 0, new Part.Tile(0, 1), 2),
                new Ledger.Grid(2, 2, 0, new Part.Overview(), 2));
        List<Geometry> geometry = List.of(
                new Geometry(640, 320, 56, 56, 640 / 112.0, 320 / 56.0, 0, 0, 0, 0),
                new Geometry(640, 320, 56, 56, 640 / 112.0, 320 / 56.0, 56, 0, 0, 0),
                new Geometry(640, 320, 56, 56, 640 / 56.0, 320 / 56.0, 0, 0, 0, 0));
        List<Ledger.Token> tokens = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            boolean kept = i == 5 || i == 8;
            tokens.add(new Ledger.Token(
                    i / 4, i % 4 / 2, i % 2, List.of(), kept ? Ledger.Fate.KEPT : Ledger.Fate.DROPPED));
        }
        Ledger ledger = new Ledger(grids, tokens, List.of(group(5), group(8)), List.of(), List.of());
        RgbImage picture = RgbImage.filled(640, 320, 200, 100, 50);
        BufferedImage overlay = Overlay.draw(picture, geometry, 28, ledger, 0, Overlay.Style.TOKENS);
        int panel = overlay.getHeight() / 2;
        int bright = 0xC86432;
        // Token 5 is the upper right one of the second tile: the last quarter of the upper row.
        assertThat(overlay.getRGB(560, 80) & 0xFFFFFF).isEqualTo(bright);
        assertThat(overlay.getRGB(400, 80) & 0xFFFFFF).isNotEqualTo(bright);
        assertThat(overlay.getRGB(560, 240) & 0xFFFFFF).isNotEqualTo(bright);
        assertThat(overlay.getRGB(160, panel + 80) & 0xFFFFFF).isEqualTo(bright);
        assertThat(overlay.getRGB(480, panel + 80) & 0xFFFFFF).isNotEqualTo(bright);
        assertThatThrownBy(() -> Overlay.draw(picture, geometry, 28, ledger, 1, Overlay.Style.TOKENS))
                .hasMessageContaining("There is no picture 1");
    }

    @Test
    void otherPicturesAndClassTokensAreLeftOut() {
        List<Ledger.Token> tokens = new ArrayList<>(tokens(cell -> true));
        tokens.add(new Ledger.Token(0, -1, -1, List.of(), Ledger.Fate.KEPT));
        for (int cell = 0; cell < GRID * GRID; cell++) {
            tokens.add(new Ledger.Token(1, cell / GRID, cell % GRID, List.of(), Ledger.Fate.DROPPED));
        }
        List<Ledger.Group> groups = new ArrayList<>();
        for (int i = 0; i <= GRID * GRID; i++) {
            groups.add(group(i));
        }
        Ledger.Grid grid = new Ledger.Grid(GRID, GRID);
        Ledger ledger = new Ledger(List.of(grid, grid), tokens, groups, List.of(), List.of());
        RgbImage picture = RgbImage.filled(640, 640, 200, 100, 50);
        assertThat(middle(Overlay.draw(picture, square(640), 14, ledger, 0, Overlay.Style.TOKENS), 640, 0, 0))
                .isEqualTo(0xC86432);
        assertThat(middle(Overlay.draw(picture, square(640), 14, ledger, 1, Overlay.Style.TOKENS), 640, 0, 0))
                .isNotEqualTo(0xC86432);
    }

    @Test
    void aGeometryOfAnotherPictureIsRefused() {
        assertThatThrownBy(() -> Overlay.draw(
                        RgbImage.filled(10, 20, 0, 0, 0), square(640), 14, ledger(c -> true), 0, Overlay.Style.TOKENS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("640x640")
                .hasMessageContaining("10x20");
    }

    @Test
    void writesAPngAndNothingElse() throws Exception {
        BufferedImage overlay = new BufferedImage(3, 2, BufferedImage.TYPE_3BYTE_BGR);
        Path target = folder.resolve("new/folder/out.png");
        Overlay.write(overlay, target);
        assertThat(ImageIO.read(target.toFile()).getWidth()).isEqualTo(3);
        try (var files = Files.list(target.getParent())) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void anUnwritablePlaceIsOneSentenceAndLeavesNothing() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "x");
        assertThatThrownBy(() ->
                        Overlay.write(new BufferedImage(3, 2, BufferedImage.TYPE_3BYTE_BGR), file.resolve("out.png")))
                .isInstanceOf(OverlayException.class)
                .hasMessageContaining("out.png cannot be written");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    private static int middle(BufferedImage overlay, int size, int row, int col) {
        int patch = size / GRID;
        return overlay.getRGB(col * patch + patch / 2, row * patch + patch / 2) & 0xFFFFFF;
    }

    private static Geometry square(int size) {
        return flat(size, size);
    }

    private static Geometry flat(int width, int height) {
        return new Geometry(width, height, 56, 56, width / 56.0, height / 56.0, 0, 0, 0, 0);
    }

    private static Ledger.Group group(int... members) {
        float[] weights = new float[members.length];
        Arrays.fill(weights, 1f / members.length);
        return new Ledger.Group(members[0], members, weights);
    }

    private static List<Ledger.Token> tokens(IntPredicate kept) {
        List<Ledger.Token> tokens = new ArrayList<>();
        for (int cell = 0; cell < GRID * GRID; cell++) {
            Ledger.Fate fate = kept.test(cell) ? Ledger.Fate.KEPT : Ledger.Fate.DROPPED;
            Ledger.Event event = new Ledger.Event("connector", fate, -1, 0.01f * cell * cell);
            tokens.add(new Ledger.Token(0, cell / GRID, cell % GRID, List.of(event), fate));
        }
        return tokens;
    }

    private static Ledger ledger(IntPredicate kept) {
        List<Ledger.Group> groups = new ArrayList<>();
        for (int cell = 0; cell < GRID * GRID; cell++) {
            if (kept.test(cell)) {
                groups.add(group(cell));
            }
        }
        return new Ledger(List.of(new Ledger.Grid(GRID, GRID)), tokens(kept), groups, List.of(), List.of());
    }
}
