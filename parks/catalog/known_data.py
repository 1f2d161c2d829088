"""The catalogue's table, read by `parks.catalog.known`: three kinds of lines, distinguished by their indent.

Destination:            UUID | name
its place, indented 2:  city | state or province, - where not used | country | time zone | operator
its parks, indented 4:  UUID | name | latitude | longitude | Queue-Times id [| slug, if not the name's]

UUIDs are ThemeParks.wiki's, coordinates are degrees. Cedar Fair and Six Flags merged in July 2024 and go by
the latter's name.
"""

TABLE = """
e957da41-3552-4cf6-b636-5babc5cbc4e5 | Walt Disney World Resort
  Lake Buena Vista | Florida | US | America/New_York | Disney
    75ea578a-adc8-4116-a54d-dccb60765ef9 | Magic Kingdom Park | 28.4177 | -81.5812 | 6
    47f90d2c-e191-4239-a466-5892ef59a88b | EPCOT | 28.3747 | -81.5494 | 5
    288747d1-8b4f-4a64-867e-ea7c9b27bad8 | Disney's Hollywood Studios | 28.3575 | -81.5583 | 7
    1c84a229-8862-4648-9c71-378ddd2c7693 | Disney's Animal Kingdom Theme Park | 28.3553 | -81.5901 | 8

89db5d43-c434-4097-b71f-f6869f495a22 | Universal Orlando Resort
  Orlando | Florida | US | America/New_York | Universal
    267615cc-8943-4c2a-ae2c-5da728ca591f | Universal Islands of Adventure | 28.4722 | -81.4679 | 64
    eb3f4560-2383-4a36-9152-6b3e5ed6bc57 | Universal Studios Florida | 28.4750 | -81.4665 | 65
    12dbb85b-265f-44e6-bccf-f1faa17211fc | Universal Epic Universe | 28.4414 | -81.4487 | 334
    fe78a026-b91b-470c-b906-9d2266b692da | Universal's Volcano Bay | 28.4623 | -81.4707 | 67

bfc89fd6-314d-44b4-b89e-df1a89cf991e | Disneyland Resort
  Anaheim | California | US | America/Los_Angeles | Disney
    7340550b-c14d-4def-80bb-acdb51d49a66 | Disneyland Park | 33.8121 | -117.9190 | 16
    832fcd51-ea19-4e77-85c7-75d5843b127c | Disney California Adventure Park | 33.8059 | -117.9195 | 17

9fc68f1c-3f5e-4f09-89f2-aab2cf1a0741 | Universal Studios Hollywood
  Universal City | California | US | America/Los_Angeles | Universal
    bc4005c5-8c7e-41d7-b349-cdddf1796427 | Universal Studios Hollywood | 34.1373 | -118.3555 | 66

e8d0207f-da8a-4048-bec8-117aa946b2c2 | Disneyland Paris
  Chessy | - | FR | Europe/Paris | Disney
    dae968d5-630d-4719-8b06-3d107e944401 | Disneyland Park | 48.8722 | 2.7758 | 4 | disneylandparkparis
    ca888437-ebb4-4d50-aed2-d227f7096968 | Disney Adventure World | 48.8673 | 2.7790 | 28

faff60df-c766-4470-8adb-dee78e813f42 | Tokyo Disney Resort
  Urayasu | - | JP | Asia/Tokyo | Oriental Land Company
    3cc919f1-d16d-43e0-8c3f-1dd269bd1a42 | Tokyo Disneyland | 35.6329 | 139.8804 | 274
    67b290d5-3478-4f23-b601-2f8fb71ba803 | Tokyo DisneySea | 35.6271 | 139.8891 | 275

6e1464ca-1e9b-49c3-8937-c5c6f6675057 | Shanghai Disney Resort
  Shanghai | - | CN | Asia/Shanghai | Disney
    ddc4357c-c148-4b36-9888-07894fe75e83 | Shanghai Disneyland | 31.1440 | 121.6570 | 30

abcfffe7-01f2-4f92-ae61-5093346f5a68 | Hong Kong Disneyland Resort
  Lantau Island | - | HK | Asia/Hong_Kong | Disney
    bd0eb47b-2f02-4d4d-90fa-cb3a68988e3b | Hong Kong Disneyland Park | 22.3133 | 114.0433 | 31

6c3cd0cc-57b5-431b-926c-2658e8104057 | Dollywood
  Pigeon Forge | Tennessee | US | America/New_York | Herschend
    7502308a-de08-41a3-b997-961f8275ab3c | Dollywood | 35.8057 | -83.5288 | 55

8fba5a14-8d04-455c-acf8-eccaaa0f58d9 | Silver Dollar City
  Branson | Missouri | US | America/Chicago | Herschend
    d21fac4f-1099-4461-849c-0f8e0d6e85a6 | Silver Dollar City | 36.6705 | -93.3371 | 10

6e1c96c1-dafc-4c26-a3d3-1b28c888daa8 | Hersheypark
  Hershey | Pennsylvania | US | America/New_York | Hershey Entertainment & Resorts
    0f044655-cd94-4bb8-a8e3-c789f4eca787 | Hersheypark | 40.2888 | -76.6548 | 15

ee2ec4b5-3bc3-403c-9e30-7fa607e6311e | Cedar Point
  Sandusky | Ohio | US | America/New_York | Six Flags
    c8299e1a-0098-4677-8ead-dd0da204f8dc | Cedar Point | 41.4822 | -82.6835 | 50

694e1f6e-d6a2-4c86-9749-5da1a9cb8924 | Kings Island
  Mason | Ohio | US | America/New_York | Six Flags
    a0df8d87-7f72-4545-a58d-eb8aa76f914b | Kings Island | 39.3447 | -84.2686 | 60

71f82221-5f3e-4e2c-b09c-31c149e0dd59 | Kings Dominion
  Doswell | Virginia | US | America/New_York | Six Flags
    95162318-b955-4b7e-b601-a99033aa0279 | Kings Dominion | 37.8400 | -77.4450 | 62

025c75ed-80a8-4bba-8b80-192e2ceff58c | Carowinds
  Charlotte | North Carolina | US | America/New_York | Six Flags
    24cdcaa8-0500-4340-9725-992865eb18d6 | Carowinds | 35.1045 | -80.9394 | 59

b1444147-b93a-4f73-b12d-28f9b1f7ec7c | Knott's Berry Farm
  Buena Park | California | US | America/Los_Angeles | Six Flags
    0a6123bb-1e8c-4b18-a2d3-2696cf2451f5 | Knott's Berry Farm | 33.8442 | -117.9986 | 61

b23d90e6-47f4-4258-8690-e74d777fca0f | Canada's Wonderland
  Vaughan | Ontario | CA | America/Toronto | Six Flags
    66f5d97a-a530-40bf-a712-a6317c96b06d | Canada's Wonderland | 43.8430 | -79.5390 | 58

17e01e63-d22f-414f-b65b-1786acbd918c | Six Flags Magic Mountain
  Valencia | California | US | America/Los_Angeles | Six Flags
    c6073ab0-83aa-4e25-8d60-12c8f25684bc | Six Flags Magic Mountain | 34.4238 | -118.5971 | 32

8d8e39eb-4b0a-48b9-ac67-444dd6e97519 | Six Flags Great Adventure
  Jackson Township | New Jersey | US | America/New_York | Six Flags
    556f0126-8082-4b66-aeee-1e3593fed188 | Six Flags Great Adventure | 40.1377 | -74.4405 | 37

5dd95124-888c-449d-9a65-46d7ecc8878c | Six Flags Over Texas
  Arlington | Texas | US | America/Chicago | Six Flags
    4535960b-45fb-49fb-a38a-59cf602a0a9c | Six Flags Over Texas | 32.7557 | -97.0702 | 34

96fc6528-d143-4c6c-a2ac-01e3c1192d21 | Six Flags Great America
  Gurnee | Illinois | US | America/Chicago | Six Flags
    15805a4d-4023-4702-b9f2-3d3cab2e0c1e | Six Flags Great America | 42.3700 | -87.9358 | 38

1d92560c-474f-4425-906d-e9dd2f2da6ca | Busch Gardens Tampa Bay
  Tampa | Florida | US | America/New_York | United Parks & Resorts
    fc40c99a-be0a-42f4-a483-1e939db275c2 | Busch Gardens Tampa Bay | 28.0364 | -82.4225 | 24

0704cf65-5c67-42f3-a054-f45e03a412cf | Busch Gardens Williamsburg
  Williamsburg | Virginia | US | America/New_York | United Parks & Resorts
    98f634cd-c388-439c-b309-960f9475b84d | Busch Gardens Williamsburg | 37.2352 | -76.6466 | 23

643e837e-b244-4663-8d3a-148c26ecba9c | SeaWorld Parks and Resorts Orlando
  Orlando | Florida | US | America/New_York | United Parks & Resorts
    27d64dee-d85e-48dc-ad6d-8077445cd946 | SeaWorld Orlando | 28.4115 | -81.4617 | 21

1f1f9558-4e81-48a7-aad5-9879b633802b | SeaWorld San Diego
  San Diego | California | US | America/Los_Angeles | United Parks & Resorts
    75122979-ddea-414d-b633-6b09042a227c | SeaWorld San Diego | 32.7648 | -117.2266 | 20

be4e3681-7e3c-43a5-89e6-bb4863d8fe35 | LEGOLAND California
  Carlsbad | California | US | America/Los_Angeles | Merlin Entertainments
    722116aa-56be-4466-8c6f-a5acbac05da2 | LEGOLAND California | 33.1267 | -117.3111 | 279

7a4adf8d-8c3f-4300-b277-19707e4f8e12 | LEGOLAND Florida
  Winter Haven | Florida | US | America/New_York | Merlin Entertainments
    bb285952-7e52-4a07-a312-d0a1ed91a9ac | LEGOLAND Florida | 27.9892 | -81.6899 | 280

7c48a21b-221c-42f8-8339-6334c5f2fb12 | LEGOLAND Windsor
  Windsor | - | GB | Europe/London | Merlin Entertainments
    a4f71074-e616-4de4-9278-72fdecbdc995 | LEGOLAND Windsor | 51.4634 | -0.6499 | 27

8e6bf2ae-77ac-403d-8e10-d7cd9b6c05d7 | Alton Towers Resort
  Alton | - | GB | Europe/London | Merlin Entertainments
    0d8ea921-37b1-4a9a-b8ef-5b45afea847b | Alton Towers | 52.9875 | -1.8865 | 1

818f544a-38db-4255-b5db-6bf2cb39b7b3 | Thorpe Park Resort
  Chertsey | - | GB | Europe/London | Merlin Entertainments
    b08d9272-d070-4580-9fcd-375270b191a7 | Thorpe Park | 51.4039 | -0.5143 | 2

be901819-52b2-4a98-8f31-5fecb993bcd6 | Gardaland Resort
  Castelnuovo del Garda | - | IT | Europe/Rome | Merlin Entertainments
    043211c0-76f2-4456-89f8-4001be01018d | Gardaland | 45.4550 | 10.7138 | 12

85e3b542-af91-4f8a-8d28-445868a7c8fd | Europa-Park Resort
  Rust | - | DE | Europe/Berlin | Mack
    639738d3-9574-4f60-ab5b-4c392901320b | Europa-Park | 48.2683 | 7.7208 | 51

0257ff9f-c73c-4855-b5b4-774755c4d146 | Phantasialand
  Brühl | - | DE | Europe/Berlin | Phantasialand
    abb67808-61e3-49ef-996c-1b97ed64fac6 | Phantasialand | 50.8000 | 6.8794 | 56

21776b5a-1444-4924-8ab2-6c66d9219628 | Efteling Theme Park Resort
  Kaatsheuvel | - | NL | Europe/Amsterdam | Efteling
    30713cf6-69a9-47c9-a505-52bb965f01be | Efteling | 51.6503 | 5.0481 | 160

6cc48df2-f126-4f28-905d-b4c2c15765f2 | Parc Astérix
  Plailly | - | FR | Europe/Paris | Compagnie des Alpes
    9e938687-fd99-46f3-986a-1878210378f8 | Parc Astérix | 49.1342 | 2.5712 | 9

498b1747-cc17-4490-aee9-a45147f0f706 | PortAventura World
  Salou | - | ES | Europe/Madrid | PortAventura World
    32608bdc-b3fa-478e-a8c0-9dde197a4212 | PortAventura Park | 41.0878 | 1.1572 | 19

b1387675-bb84-4eb4-aae6-af96d586c3d6 | Liseberg
  Gothenburg | - | SE | Europe/Stockholm | Liseberg
    93142d7e-024a-4877-9c72-f8e904a37c0c | Liseberg | 57.6952 | 11.9925 | 11
"""
