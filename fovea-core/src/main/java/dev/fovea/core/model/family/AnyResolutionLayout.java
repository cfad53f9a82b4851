package dev.fovea.core.model.family;

import dev.fovea.core.image.PreparedImage;
import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.path.Part;
import dev.fovea.core.path.Seen;
import dev.fovea.core.path.Slot;
import java.util.ArrayList;
import java.util.List;

/**
 * The prompt of LLaVA-NeXT and LLaVA-OneVision: the overview, then the tiles' canvas row by row with a learned token behind
 * each row; pictures without tiles and videos have one such token behind them.
 */
final class AnyResolutionLayout implements PromptLayout {

    @Override
    public String expand(PreparedPicture picture, String placeholder) {
        return placeholder.repeat(slots(picture).size());
    }

    @Override
    public List<Slot> slots(PreparedPicture picture) {
        List<PreparedImage> views = picture.views();
        List<Slot> slots = new ArrayList<>();
        for (int view = 0; view < views.size(); view++) {
            if (!(views.get(view).part() instanceof Part.Tile)) {
                slots.add(Slot.whole(view));
            }
        }
        for (int row = 0; row < picture.tileRows(); row++) {
            addRow(slots, views, row);
        }
        if (picture.tileRows() == 0) {
            slots.add(new Slot.Newline());
        }
        return slots;
    }

    /** One row of tiles, line by line. */
    private static void addRow(List<Slot> slots, List<PreparedImage> views, int row) {
        List<Integer> inRow = new ArrayList<>();
        int lines = 0;
        for (int view = 0; view < views.size(); view++) {
            Seen seen = views.get(view).seen();
            if (seen != null && views.get(view).part() instanceof Part.Tile tile && tile.row() == row) {
                inRow.add(view);
                lines = seen.tokenRows();
            }
        }
        for (int line = 0; line < lines; line++) {
            for (int view : inRow) {
                slots.add(new Slot.Rows(view, line, line + 1));
            }
            slots.add(new Slot.Newline());
        }
    }

    @Override
    public boolean newline() {
        return true;
    }
}
