"""Names as recorded, of two sources and several years: the right ride is found, and never a wrong one."""

import gzip
import json
from collections import defaultdict
from itertools import combinations

import pytest

from importer.mapping.similarity import best_match, likeness
from parks.catalog.names import folded
from parks.models import Ride

# Park of the catalogue's directory, and its number in the list of rides.
PARKS = {"Magic Kingdom Park": 196, "Disneyland Park": 197, "Disney California Adventure Park": 194}
# All matches whose names differ, looked at by hand: the overlay of the holidays is the same ride.
MISSPELT = {("Jungle Cruise", "Jingle Cruise")}
PREVIEW = {"Disney California Adventure Park": "dca_10min", "Disneyland Park": "dl_10min_first_evening"}


@pytest.fixture(scope="module")
def entities(shared_data_dir):
    """Attractions of the directory by park."""
    directory = json.loads((shared_data_dir / "catalog/destinations.json").read_text(encoding="utf-8"))
    parks = [park for destination in directory["destinations"] for park in destination["parks"]]
    return {
        park["name"]: [entity for entity in park["entities"] if entity["entityType"] == "ATTRACTION"]
        for park in parks
        if "entities" in park
    }


@pytest.fixture(scope="module")
def catalogue(shared_data_dir):
    """Names of rides by the number of their park."""
    names = defaultdict(list)
    with gzip.open(shared_data_dir / "catalog/rides.json.gz", "rt", encoding="utf-8") as file:
        for ride in json.load(file):
            names[ride["park_id"]].append(ride["name"])
    return names


def test_no_two_rides_of_a_park_are_taken_for_one(catalogue):
    pairs = [pair for names in catalogue.values() for pair in combinations(names, 2)]
    assert len(pairs) > 25_000
    assert [(a, b) for a, b in pairs if likeness(folded(a), Ride(name=b))] == []


def test_no_two_attractions_of_the_directory_are_taken_for_one(entities):
    for found in entities.values():
        names = [entity["name"] for entity in found]
        assert [(a, b) for a, b in combinations(names, 2) if likeness(folded(a), Ride(name=b))] == []


def test_entities_of_the_directory_are_found_in_the_catalogue_by_name(entities, catalogue):
    exact, misspelt = 0, set()
    for park, number in PARKS.items():
        rides = [Ride(name=name) for name in catalogue[number]]
        for entity in entities[park]:
            match = best_match(entity["name"], rides)
            if match is not None and match.edits:
                misspelt.add((entity["name"], match.ride.name))
            exact += match is not None and not match.edits
    assert exact == 106
    assert misspelt == MISSPELT


def test_children_of_the_recorded_park_are_found_too(shared_data_dir, catalogue):
    text = (shared_data_dir / "real/themeparks_wiki_v1/mk_children.json").read_text(encoding="utf-8")
    names = [child["name"] for child in json.loads(text)["children"] if child["entityType"] == "ATTRACTION"]
    rides = [Ride(name=name) for name in catalogue[196]]
    assert all(best_match(name, rides) for name in names)


@pytest.mark.parametrize("park", PREVIEW)
def test_names_of_2021_lead_to_the_entity_that_has_their_uuid_today(shared_data_dir, entities, park):
    path = shared_data_dir / f"real/disneyland_preview_api_2021-08/{PREVIEW[park]}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        polls = [json.loads(line)["rides"].values() for line in file]
    reported = {entry["meta"]["entityId"]: entry["name"] for poll in polls for entry in poll}
    today = [
        Ride(name=entity["name"], themeparks_wiki_id=entity["id"])
        for entity in entities[park]
        if "2021" not in entity["source"]
    ]
    found = {
        uuid: match.ride.themeparks_wiki_id for uuid, name in reported.items() if (match := best_match(name, today))
    }
    assert len(found) >= 26
    assert all(uuid == matched for uuid, matched in found.items())
